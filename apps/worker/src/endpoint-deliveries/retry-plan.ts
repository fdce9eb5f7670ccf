import { RETRY_WAITS_SECONDS } from '@app/domain';

/** Waits differ by so much, so that what failed together does not come back together. */
const JITTER = 0.2;
/** A receiver may ask for more time, up to this. */
const LONGEST_WAIT_SECONDS = 86_400;

/**
 * Seconds until the next try, or null when there is none.
 * @param attempts tries made so far
 * @param askedSeconds what the receiver's Retry-After says; it can make the wait longer, never shorter
 * @param random from 0 to 1
 */
export function retryInSeconds(attempts: number, askedSeconds: number | null, random: number): number | null {
  const planned = RETRY_WAITS_SECONDS[attempts - 1];
  if (planned === undefined) return null;
  const wait = planned * (1 - JITTER + 2 * JITTER * random);
  return Math.max(wait, Math.min(askedSeconds ?? 0, LONGEST_WAIT_SECONDS));
}

/** The seconds of a Retry-After header, which names seconds or a date; null when it says nothing that can be used. */
export function retryAfterSeconds(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const seconds = (Date.parse(header) - now.getTime()) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
