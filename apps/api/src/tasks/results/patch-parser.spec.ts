import { parsePatch } from './patch-parser';

const PATCH = String.raw`diff --git a/src/add.ts b/src/add.ts
index 1111111..2222222 100644
--- a/src/add.ts
+++ b/src/add.ts
@@ -1,3 +1,4 @@ export function
 one
-two
+deux
+--- trois
 three
@@ -10 +11 @@
-diff --git a/x b/x
+ten
\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git "a/\303\274.txt" "b/\303\274.txt"
deleted file mode 100644
index 1111111..0000000
--- "a/\303\274.txt"
+++ /dev/null
@@ -1 +0,0 @@
-bye
diff --git a/logo.png b/logo.png
new file mode 100644
index 0000000..3333333
GIT binary patch
literal 3
Kc-oBqW;|@

literal 0
HcmV?d00001

diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
`;

it('reads files, renames, quoted names, binaries and modes', () => {
  const files = parsePatch(PATCH).map(({ hunks, ...file }) => ({ ...file, hunks: hunks.length }));
  expect(files).toEqual([
    { path: 'src/add.ts', oldPath: null, status: 'modified', additions: 3, deletions: 2, binary: false, hunks: 2 },
    { path: 'new name.txt', oldPath: 'old name.txt', status: 'renamed', additions: 0, deletions: 0, binary: false, hunks: 0 },
    { path: 'ü.txt', oldPath: null, status: 'deleted', additions: 0, deletions: 1, binary: false, hunks: 1 },
    { path: 'logo.png', oldPath: null, status: 'added', additions: 0, deletions: 0, binary: true, hunks: 0 },
    { path: 'run.sh', oldPath: null, status: 'modified', additions: 0, deletions: 0, binary: false, hunks: 0 },
  ]);
});

it('lets the counts of a hunk say what a line is, not its text', () => {
  expect(parsePatch(PATCH)[0]?.hunks).toEqual([
    { oldStart: 1, oldLines: 3, newStart: 1, newLines: 4, header: 'export function', lines: [' one', '-two', '+deux', '+--- trois', ' three'] },
    { oldStart: 10, oldLines: 1, newStart: 11, newLines: 1, header: '', lines: ['-diff --git a/x b/x', '+ten'] },
  ]);
});

it('makes nothing of nothing', () => {
  expect(parsePatch('')).toEqual([]);
});
