import type { ChangedFile } from '@app/github';
import { misplaced } from './diff-lines';

const PATCH = '@@ -1,3 +1,4 @@ start\n one\n-two\n+TWO\n+two and a half\n three\n@@ -10,2 +11,2 @@\n ten\n--- eleven\n+++ eleven\n\\ No newline at end of file';
const file = (more: Partial<ChangedFile> = {}): ChangedFile => ({ path: 'a.txt', previousPath: null, status: 'modified', additions: 3, deletions: 2, blobSha: null, patch: PATCH, ...more });
const at = (line: number, side: 'LEFT' | 'RIGHT' = 'RIGHT', startLine?: number) => misplaced([file()], { path: 'a.txt', line, side, ...(startLine === undefined ? {} : { startLine }) })?.field ?? null;

describe('misplaced', () => {
  it('takes added and kept lines on the right, deleted and kept ones on the left', () => {
    expect([1, 2, 3, 4, 11, 12].map((line) => at(line))).toEqual(Array(6).fill(null));
    expect([1, 2, 3, 10, 11].map((line) => at(line, 'LEFT'))).toEqual(Array(5).fill(null));
    expect([5, 10, 13].map((line) => at(line))).toEqual(Array(3).fill('line'));
    expect([4, 9, 12].map((line) => at(line, 'LEFT'))).toEqual(Array(3).fill('line'));
  });

  it('takes ranges inside of one hunk', () => {
    expect(at(4, 'RIGHT', 1)).toBeNull();
    expect(at(12, 'RIGHT', 4)).toBe('startLine');
    expect(at(2, 'RIGHT', 3)).toBe('startLine');
  });

  it('knows files that have no lines to show', () => {
    expect(misplaced([file({ patch: null })], { path: 'a.txt', line: 1, side: 'RIGHT' })).toMatchObject({ field: 'path' });
    expect(misplaced([file()], { path: 'b.txt', line: 1, side: 'RIGHT' })).toMatchObject({ field: 'path' });
  });
});
