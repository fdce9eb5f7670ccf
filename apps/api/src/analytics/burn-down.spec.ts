import { burnDown, firstDayNeeded } from './burn-down';
import { periodOf, timesOf } from './analytics-period';

const NOW = new Date('2026-11-23T12:00:00Z');
const day = (date: string, spentMicro: bigint, netMicro = -spentMicro) => ({ date, spentMicro, grantedMicro: 0n, purchasedMicro: 0n, expiredMicro: 0n, netMicro });
const account = { openingMicro: 1_000n, availableMicro: 600n, heldMicro: 100n, debtMicro: 0n };

describe('a burn-down', () => {
  it('has each day of the period up to today, and what was before it in its balance', () => {
    const { days } = burnDown({ ...account, days: [day('2026-11-20', 100n), day('2026-11-22', 200n)] }, { from: '2026-11-21', to: '2026-11-30' }, NOW);
    expect(days.map(({ date, spentMicro, balanceMicro }) => [date, spentMicro, balanceMicro])).toEqual([['2026-11-21', 0n, 900n], ['2026-11-22', 200n, 700n], ['2026-11-23', 0n, 700n]]);
  });

  it('says how long the rest lasts at the pace of the last week', () => {
    // 650 in six days and a half: 100 a day, of 700.
    const spent = [day('2026-11-16', 9_999n), day('2026-11-17', 400n), day('2026-11-23', 250n)];
    expect(burnDown({ ...account, days: spent }, { from: '2026-11-23', to: '2026-11-23' }, NOW)).toMatchObject({ pace: { days: 7, perDayMicro: 100n }, daysLeft: 7, emptyOn: '2026-11-30' });
  });

  it('takes an account that is younger as old as it is', () => {
    const days = [day('2026-11-22', 150n, 850n)];
    expect(burnDown({ ...account, openingMicro: 0n, days }, { from: '2026-11-23', to: '2026-11-23' }, NOW).pace).toEqual({ days: 2, perDayMicro: 100n });
  });

  it('never ends without spending, nor says a date that nobody plans for', () => {
    expect(burnDown({ ...account, days: [] }, { from: '2026-11-23', to: '2026-11-23' }, NOW)).toMatchObject({ daysLeft: null, emptyOn: null });
    expect(burnDown({ ...account, availableMicro: 10n ** 15n, days: [day('2026-11-23', 650n)] }, { from: '2026-11-23', to: '2026-11-23' }, NOW)).toMatchObject({ emptyOn: null });
    expect(burnDown({ ...account, availableMicro: 0n, heldMicro: 0n, debtMicro: 9n, days: [day('2026-11-23', 650n)] }, { from: '2026-11-23', to: '2026-11-23' }, NOW)).toMatchObject({ daysLeft: 0, emptyOn: '2026-11-23' });
  });

  it('counts what is neither spent nor brought as other', () => {
    const lent = { ...day('2026-11-23', 30n, 60n), grantedMicro: 50n, purchasedMicro: 5n, expiredMicro: 5n };
    expect(burnDown({ ...account, days: [lent] }, { from: '2026-11-23', to: '2026-11-23' }, NOW).days[0]?.otherMicro).toBe(40n);
  });

  it('needs a week even when less is shown', () => {
    expect(firstDayNeeded({ from: '2026-11-22', to: '2026-11-23' }, NOW)).toBe('2026-11-17');
    expect(firstDayNeeded({ from: '2026-10-01', to: '2026-10-02' }, NOW)).toBe('2026-10-01');
  });
});

describe('a period', () => {
  it('is the last 30 days, or what was asked for', () => {
    expect(periodOf({}, NOW)).toEqual({ from: '2026-10-25', to: '2026-11-23' });
    expect(periodOf({ to: '2026-03-01' }, NOW)).toEqual({ from: '2026-01-31', to: '2026-03-01' });
    expect(periodOf({ from: '2025-11-24', to: '2026-11-24' }, NOW)).toEqual({ from: '2025-11-24', to: '2026-11-24' });
  });

  it.each([[{ from: '2026-11-24' }, 'must not lie after'], [{ from: '2025-11-22', to: '2026-11-23' }, '367 days'], [{ from: '2020-01-01' }, 'at most 366']])('refuses %j', (query, why) => {
    expect(() => periodOf(query, NOW)).toThrow(why);
  });

  it('has weeks from Monday and months from their first', () => {
    const period = { from: '2026-10-30', to: '2026-11-09' };
    expect(timesOf(period, 'day')).toHaveLength(11);
    expect(timesOf(period, 'week')).toEqual(['2026-10-26', '2026-11-02', '2026-11-09']);
    expect(timesOf(period, 'month')).toEqual(['2026-10-01', '2026-11-01']);
    expect(timesOf({ from: '9999-12-30', to: '9999-12-31' }, 'day')).toEqual(['9999-12-30', '9999-12-31']);
  });
});
