import { checkFinding, fingerprintOf, type FindingDraft } from './finding';
import { parsePatch } from './patch';
import { ReviewDiff } from './review-diff';

const PATCH = `diff --git a/src/a.ts b/src/a.ts
index 1111111..2222222 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,9 +1,9 @@ function head() {
 one
 two
 three
 four
 five
 six
-old seven
+new seven
+new eight
 eight
-nine
@@ -40,3 +40,2 @@
 forty
-gone
 last
diff --git a/gone.ts b/gone.ts
deleted file mode 100644
index 1111111..0000000
--- a/gone.ts
+++ /dev/null
@@ -1,1 +0,0 @@
-was here
diff --git "a/d\\303\\244 b.md" "b/d\\303\\244 b.md"
new file mode 120000
index 0000000..3333333
--- /dev/null
+++ "b/d\\303\\244 b.md"
@@ -0,0 +1,2 @@
+diff --git a/evil b/evil
+\u202eevil
\\ No newline at end of file
diff --git a/pic.png b/pic.png
index 1111111..2222222 100644
GIT binary patch
literal 3
abc
diff --git a/x.ts b/y.ts
similarity index 100%
rename from x.ts
rename to y.ts
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
`;
const RANGE = { baseSha: 'a'.repeat(40), headSha: 'b'.repeat(40), base: 'main', head: 'topic' };
const diff = new ReviewDiff(PATCH, RANGE);
const draft = (more: Partial<FindingDraft> = {}): FindingDraft => ({ file: 'src/a.ts', side: 'RIGHT', startLine: null, endLine: 7, severity: 'high', confidence: 'medium', category: 'bug', title: 'Wrong', body: 'See @octocat.', suggestion: null, preExisting: false, ...more });

describe('a patch', () => {
  it('is read with its names, kinds and lines', () => {
    expect(parsePatch(PATCH).map(({ path, oldPath, status, binary, modes, hunks }) => [path, oldPath, status, binary, modes.join(), hunks.length])).toEqual([
      ['src/a.ts', 'src/a.ts', 'modified', false, '100644', 2], ['gone.ts', 'gone.ts', 'deleted', false, '100644', 1], ['dä b.md', 'dä b.md', 'added', false, '120000', 1],
      ['pic.png', 'pic.png', 'modified', true, '100644', 0], ['y.ts', 'x.ts', 'renamed', false, '', 0], ['run.sh', 'run.sh', 'modified', false, '100644,100755', 0],
    ]);
    expect(diff.lineAt('src/a.ts', 'RIGHT', 8)).toBe('new eight');
    expect(diff.lineAt('src/a.ts', 'LEFT', 7)).toBe('old seven');
    expect(diff.lineAt('src/a.ts', 'RIGHT', 11)).toBeNull();
    expect(diff.rangesOf('src/a.ts', 'RIGHT')).toBe('1-9, 40-41');
    expect(parsePatch('nothing')).toEqual([]);
  });

  it('is shown with numbers on the new lines, little around them, and a list of what is not shown', () => {
    const { text, leftOut } = diff.shown(10_000);
    expect(text).toContain('## File: src/a.ts (modified)\n\n@@ function head() {\n__new__\n    2  two\n    3  three\n    4  four\n    5  five\n    6  six\n    7 +new seven\n    8 +new eight\n    9  eight\n__old__\n       two');
    expect(text).not.toContain('forty');
    expect(text).toContain('\\u{202e}evil');
    expect(text).toContain('- pic.png (binary)');
    expect(leftOut.map(({ path }) => path).sort()).toEqual(['gone.ts', 'pic.png', 'run.sh']);
  });

  it('fits into its budget: the main language first, then the small', () => {
    const { text, leftOut } = diff.shown(120);
    expect(text).toContain('src/a.ts (modified)');
    expect(leftOut).toContainEqual({ path: 'dä b.md', reason: 'the diff is too large' });
    expect(diff.shown(0).leftOut).toHaveLength(6);
  });
});

describe('a finding', () => {
  it('stands on lines of the diff', () => {
    const checked = checkFinding(draft({ startLine: 7, endLine: 8, suggestion: 'better\n' }), diff);
    expect(checked).toMatchObject({ ok: true, note: null, finding: { startLine: 7, endLine: 8, suggestion: 'better', fingerprint: fingerprintOf('src/a.ts', 'bug', ['new seven', 'new eight']) } });
    expect(checked.ok && checked.finding.body).not.toContain('@octocat');
    expect(checkFinding(draft({ side: 'LEFT', endLine: 9 }), diff)).toMatchObject({ ok: true });
    expect(checkFinding(draft({ startLine: 7 }), diff)).toMatchObject({ ok: true, finding: { startLine: null } });
  });

  it.each<[string, Partial<FindingDraft>, RegExp]>([
    ['a line outside', { endLine: 20 }, /line 20 \(RIGHT\) of src\/a\.ts is not in the diff; do not re-anchor.*1-9, 40-41/],
    ['a file outside', { file: 'src/b.ts' }, /src\/b\.ts is not in the diff/],
    ['a range over two parts', { startLine: 9, endLine: 40 }, /not in the diff/],
    ['a range backwards', { startLine: 8, endLine: 7 }, /startLine is behind endLine/],
    ['a huge range', { startLine: 1, endLine: 5_000_000 }, /60 lines at most/],
    ['a new line of a deleted file', { file: 'gone.ts', endLine: 1 }, /no lines on this side/],
    ['a binary file', { file: 'pic.png', endLine: 1 }, /not in the diff/],
  ])('is refused on %s', (_, more, words) => {
    const checked = checkFinding(draft(more), diff);
    expect(checked.ok ? '' : checked.reason).toMatch(words);
  });

  it.each<[string, Partial<FindingDraft>]>([
    ['more than 4 lines', { suggestion: '1\n2\n3\n4\n5' }], ['for old lines', { side: 'LEFT', suggestion: 'x' }], ['that ends its block', { suggestion: '```' }], ['that changes nothing', { suggestion: 'new seven' }],
  ])('loses a suggestion of %s', (_, more) => {
    expect(checkFinding(draft(more), diff)).toMatchObject({ ok: true, finding: { suggestion: null }, note: expect.stringContaining('dropped') as string });
  });

  it('is the same one where code was moved, and another one in another file or of another kind', () => {
    const one = fingerprintOf('a', 'bug', ['  if (x) {', '', 'y']);
    expect(fingerprintOf('a', 'bug', ['if (x)  {', '\ty '])).toBe(one);
    expect(new Set([one, fingerprintOf('b', 'bug', ['if (x) {', 'y']), fingerprintOf('a', 'tests', ['if (x) {', 'y']), fingerprintOf('a', 'bug', ['if (x) {'])]).size).toBe(4);
  });
});
