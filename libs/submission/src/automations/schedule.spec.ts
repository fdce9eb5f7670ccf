import { nextTick, scheduleFault } from './schedule';

const ticks = (cron: string, timeZone: string, from: string, count: number): string[] => {
  const found: string[] = [];
  for (let at = new Date(from); found.length < count; found.push(at.toISOString())) at = nextTick({ cron, timeZone }, at);
  return found;
};

it.each(['0 6 * * 1-5', '*/5 * * * *', '30 2 1 JAN *', '0 0 29 2 *', '15,45 8-18 * * MON-FRI'])('takes %s', (cron) => {
  expect(scheduleFault({ cron, timeZone: 'Europe/Berlin' })).toBeNull();
});

it.each(['', 'x', '* * * *', '* * * * * *', '@hourly', '0 0 31 2 *', '60 * * * *', '*/1 * * * *', '0-59/2 * * * *', 'H * * * *', '0 6 * * 8', '0  6 * * *', '0 6 ? * *', '0 6 L * *x', 'a'.repeat(10_000), '0 0 1-99999999999 * *', '1/0 * * * *'])('refuses %j', (cron) => {
  expect(scheduleFault({ cron, timeZone: 'UTC' })?.field).toBe('cron');
});

it.each(['', 'Mars/Base', '+02:00', 'UTC+1', '../etc', 'Europe/Berlin ', 'x'.repeat(100)])('refuses the time zone %j', (timeZone) => {
  expect(scheduleFault({ cron: '0 6 * * *', timeZone })?.field).toBe('timeZone');
});

it('keeps to the wall clock when the clocks change', () => {
  expect(ticks('0 6 * * *', 'Europe/Berlin', '2027-03-27T00:00:00Z', 3)).toEqual(['2027-03-27T05:00:00.000Z', '2027-03-28T04:00:00.000Z', '2027-03-29T04:00:00.000Z']);
  expect(ticks('0 6 * * *', 'America/New_York', '2027-11-06T00:00:00Z', 3)).toEqual(['2027-11-06T10:00:00.000Z', '2027-11-07T11:00:00.000Z', '2027-11-08T11:00:00.000Z']);
});

it('runs once in a night that skips or repeats the hour', () => {
  expect(ticks('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', 2)).toEqual(['2027-03-28T01:30:00.000Z', '2027-03-29T00:30:00.000Z']);
  expect(ticks('30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual(['2027-10-31T00:30:00.000Z', '2027-11-01T01:30:00.000Z']);
});
