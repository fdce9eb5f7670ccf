import { daysWithin } from './analytics-period';

const parts = (from: string, to: string) => {
  const { firstDay, lastDay, before, after } = daysWithin({ from: new Date(from), to: new Date(to) });
  return { days: firstDay > lastDay ? null : [firstDay, lastDay], times: [before, after].map((time) => time.map((at) => at.toISOString().slice(0, 16))).filter(([begin, end]) => begin !== end) };
};

describe('daysWithin', () => {
  it.each([
    ['2026-11-01T10:30Z', '2026-11-04T08:00Z', ['2026-11-02', '2026-11-03'], [['2026-11-01T10:30', '2026-11-02T00:00'], ['2026-11-04T00:00', '2026-11-04T08:00']]],
    ['2026-11-01T00:00Z', '2026-11-02T00:00Z', ['2026-11-01', '2026-11-01'], []],
    ['2026-11-01T10:00Z', '2026-11-02T09:00Z', null, [['2026-11-01T10:00', '2026-11-02T09:00']]],
    ['2026-11-01T10:00Z', '2026-11-01T11:00Z', null, [['2026-11-01T10:00', '2026-11-01T11:00']]],
    ['9999-12-31T10:00Z', '9999-12-31T11:00Z', null, [['9999-12-31T10:00', '9999-12-31T11:00']]],
  ])('takes %s to %s apart', (from, to, days, times) => {
    expect(parts(from, to)).toEqual({ days, times });
  });
});
