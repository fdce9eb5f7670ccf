import { complexityOf } from './complexity';

const level = (prompt: string, repositoryKb: number | null = null): string => complexityOf({ prompt, repositoryKb }).level;

it('takes two signs for a difficult task, and one for chance', () => {
  expect(level('Fix the typo in README.md')).toBe('normal');
  expect(level('Migrate the store to the new driver')).toBe('normal');
  expect(level('Migrate the store to the new driver; mind the race condition in the cache')).toBe('high');
  expect(level('x'.repeat(2_001), 400_000)).toBe('high');
  expect(level('x'.repeat(2_001), 100)).toBe('normal');
});

it('says which signs it saw', () => {
  const { signs } = complexityOf({ prompt: 'Rewrite `a.ts`, "src/b.ts", lib/c.py (d.go) and a.ts again: SQL injection, data race', repositoryKb: 500_000 });
  expect(signs).toEqual(['4 files named', 'concurrency', 'security', 'a redesign', 'a large repository']);
  expect(complexityOf({ prompt: '' })).toEqual({ level: 'normal', signs: [] });
});

it('reads a hostile prompt in no time', () => {
  const began = performance.now();
  for (const text of ['a/'.repeat(60_000), '.'.repeat(120_000), 'a.'.repeat(60_000), ' a.b'.repeat(30_000)]) complexityOf({ prompt: text });
  expect(performance.now() - began).toBeLessThan(2_000);
});
