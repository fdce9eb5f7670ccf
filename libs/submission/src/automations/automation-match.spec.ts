import { matchesGlob, wantsEvent, wantsPaths } from './automation-match';

it.each([
  ['main', 'main', true], ['main', 'maine', false], ['release/*', 'release/1', true], ['release/*', 'release/1/2', false], ['release/**', 'release/1/2', true], ['**/*.ts', 'a/b/c.ts', true],
  ['**/*.ts', 'c.ts', true], ['*.ts', 'a/c.ts', false], ['src/**/x', 'src/x', true], ['src/**/x', 'src/a/b/x', true], ['a.c', 'abc', false], ['*', '', true], ['**', 'a/b', true], ['[a]+', '[a]+', true],
])('%s on %s: %s', (glob, text, is) => {
  expect(matchesGlob(glob, text)).toBe(is);
});

it('does not take long, whatever the pattern', () => {
  expect(matchesGlob('*a'.repeat(100), 'a'.repeat(4_000) + 'b')).toBe(false);
});

const event = { author: 'Ada', branch: 'main', labels: ['Bug'], label: 'bug', moment: 'opened' as const };

it('wants what its filter lets through, and nothing else', () => {
  expect(wantsEvent({ kind: 'issue_label', trigger: { label: 'BUG' }, filter: { authors: ['ada'], labels: ['bug'] } }, event)).toBe(true);
  expect(wantsEvent({ kind: 'issue_label', trigger: { label: 'bugs' }, filter: {} }, event)).toBe(false);
  expect(wantsEvent({ kind: 'issue_label', trigger: {}, filter: {} }, { ...event, label: undefined })).toBe(false);
  expect(wantsEvent({ kind: 'mention', trigger: {}, filter: { authors: ['eve'] } }, event)).toBe(false);
  expect(wantsEvent({ kind: 'mention', trigger: {}, filter: { authors: ['ada'] } }, { ...event, author: null })).toBe(false);
  expect(wantsEvent({ kind: 'mention', trigger: {}, filter: { branches: ['main'] } }, { ...event, branch: null })).toBe(false);
  expect(wantsEvent({ kind: 'pull_request', trigger: {}, filter: {} }, event)).toBe(true);
  expect(wantsEvent({ kind: 'pull_request', trigger: {}, filter: {} }, { ...event, moment: 'synchronize' })).toBe(false);
  expect(wantsEvent({ kind: 'pull_request', trigger: { moments: ['synchronize'] }, filter: {} }, { ...event, moment: 'synchronize' })).toBe(true);
  expect(wantsPaths({ paths: ['docs/**'] }, ['src/a', 'docs/b'])).toBe(true);
  expect(wantsPaths({ paths: ['docs/**'] }, [])).toBe(false);
  expect(wantsPaths({}, [])).toBe(true);
});
