import { createHash } from 'node:crypto';

/**
 * Calls under the generic cell rate algorithm, on Redis's own clock, so that the clocks of the pods do not matter.
 * KEYS[1] holds the theoretical arrival time in microseconds. ARGV: microseconds per call, microseconds of a whole burst, calls asked for. Of more than
 * one it gives at most a tenth of what is left, so that nobody holds what another is refused.
 * Answers {calls given, remaining, retry after, reset after}, times in microseconds.
 */
export const GCRA_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local tolerance = tonumber(ARGV[2])
local arrival = tonumber(redis.call('GET', KEYS[1]) or now)
if arrival < now then arrival = now end
if arrival > now + tolerance then arrival = now + tolerance end
local early = arrival + interval - tolerance - now
if early > 0 then return {0, 0, math.ceil(early), math.ceil(arrival - now)} end
local free = math.floor((now + tolerance - arrival) / interval)
local given = math.max(1, math.min(tonumber(ARGV[3]), math.floor(free / 10)))
local next = arrival + interval * given
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
return {given, math.floor((tolerance - (next - now)) / interval), 0, math.ceil(next - now)}
`;

export const GCRA_SHA = createHash('sha1').update(GCRA_SCRIPT).digest('hex');
