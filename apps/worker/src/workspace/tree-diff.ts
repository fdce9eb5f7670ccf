import type { ChangedFile, WorkspaceDiff } from '@app/agent';
import type { GitCommand } from './git-command';

const MAX_PATCH_BYTES = 16 * 1024 ** 2;
const MAX_LISTING_BYTES = 16 * 1024 ** 2;

/** No program is run and nothing of the tree is taken as a setting: attributes of a bare repository's trees are not read. */
const PLAIN = ['diff-tree', '-r', '-M', '--no-ext-diff', '--no-textconv', '--no-color'] as const;

/** The difference of two trees of the trusted repository. A patch beyond 16 MiB is cut between two files and says so. */
export async function diffTrees(git: GitCommand, gitDir: string, base: string, tree: string): Promise<WorkspaceDiff> {
  const listing = await git.run({ gitDir, args: [...PLAIN, '-z', '--raw', '--numstat', '--no-abbrev', base, tree], maxOutputBytes: MAX_LISTING_BYTES });
  const files = parseListing(listing.stdout.toString('utf8'));
  return { files, patch: files.length === 0 ? '' : await patchOf(git, gitDir, base, tree) };
}

async function patchOf(git: GitCommand, gitDir: string, base: string, tree: string): Promise<string> {
  const args = [...PLAIN, '-p', '--binary', '--full-index', base, tree];
  const whole = await git.run({ gitDir, args, maxOutputBytes: MAX_PATCH_BYTES, cut: true });
  if (whole.stdoutBytes <= MAX_PATCH_BYTES) return whole.stdout.toString('utf8');
  const plain = await git.run({ gitDir, args: args.filter((arg) => arg !== '--binary'), maxOutputBytes: MAX_PATCH_BYTES, cut: true });
  const text = plain.stdout.toString('utf8');
  if (plain.stdoutBytes <= MAX_PATCH_BYTES) return text;
  return `${text.slice(0, Math.max(0, text.lastIndexOf('\ndiff --git ') + 1))}# The rest of this patch was left out: it is larger than ${MAX_PATCH_BYTES} bytes.\n`;
}

interface Status {
  readonly letter: string;
  readonly path: string;
  readonly oldPath: string | null;
}

/** `git diff-tree -z --raw --numstat`: all raw entries first, then the counts. A rename has two paths in both. */
export function parseListing(text: string): ChangedFile[] {
  const fields = text.split('\0');
  const statuses: Status[] = [];
  let at = 0;
  while (fields[at]?.startsWith(':')) {
    const letter = (fields[at]?.split(' ')[4] ?? 'M').charAt(0);
    const renamed = letter === 'R' || letter === 'C';
    statuses.push({ letter, oldPath: renamed ? (fields[at + 1] ?? '') : null, path: fields[at + (renamed ? 2 : 1)] ?? '' });
    at += renamed ? 3 : 2;
  }
  const counts = parseCounts(fields.slice(at));
  return statuses.map(({ letter, path, oldPath }) => {
    const [additions, deletions] = counts.get(path) ?? ['0', '0'];
    return { path, oldPath, status: STATUS[letter] ?? 'modified', additions: Number(additions) || 0, deletions: Number(deletions) || 0, binary: additions === '-' };
  });
}

const STATUS: Readonly<Record<string, ChangedFile['status']>> = { A: 'added', D: 'deleted', R: 'renamed', C: 'added', M: 'modified', T: 'modified' };

/** `12 TAB 3 TAB path NUL`, or for a rename `12 TAB 3 TAB NUL old NUL new NUL`. */
function parseCounts(fields: readonly string[]): Map<string, [string, string]> {
  const counts = new Map<string, [string, string]>();
  for (let at = 0; at < fields.length; at++) {
    const [additions, deletions, ...path] = (fields[at] ?? '').split('\t');
    if (additions === undefined || deletions === undefined) continue;
    const plain = path.join('\t');
    if (plain === '') at += 2;
    counts.set(plain === '' ? (fields[at] ?? '') : plain, [additions, deletions]);
  }
  return counts;
}
