import type { GithubState } from '../github-state';
import { fullName, type PullRequest, type Repository } from '../repository';

const STATUS: Readonly<Record<string, string>> = { A: 'added', M: 'modified', D: 'removed', R: 'renamed', C: 'copied', T: 'changed' };

export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: string;
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
  /** From the first `@@` on; null for a binary file or one that only changed its name. */
  readonly patch: string | null;
}

/** The files that a pull request changes, since its branch left the base. */
export async function changedFiles({ git }: Repository, { baseSha, headSha }: PullRequest): Promise<ChangedFile[]> {
  const range = `${baseSha}...${headSha}`;
  const [raw, stat] = await Promise.all([git.git(['diff', '--raw', '-z', '-M', '--no-abbrev', range]), git.git(['diff', '--numstat', '-z', '--no-renames', range])]);
  const counts = countsOf(stat);
  const files: ChangedFile[] = [];
  for (const { path, previousPath, letter, blob } of entriesOf(raw)) {
    const patch = patchOf(await git.git(['diff', '-M', range, '--', ...(previousPath === null ? [] : [previousPath]), path]));
    const [additions, deletions] = previousPath === null ? (counts.get(path) ?? [0, 0]) : count(patch);
    files.push({ path, previousPath, status: STATUS[letter] ?? 'changed', blob, additions, deletions, patch });
  }
  return files;
}

/** Reads `git diff --raw -z`: a head of five fields, then one path, or two of a file that was moved. */
function entriesOf(raw: string): { path: string; previousPath: string | null; letter: string; blob: string }[] {
  const fields = raw.split('\0');
  const entries = [];
  for (let at = 0; at + 1 < fields.length; ) {
    const [, , , blob = '', status = 'M'] = (fields[at] ?? '').split(' ');
    const letter = status.slice(0, 1);
    const isMoved = letter === 'R' || letter === 'C';
    const [first = '', second = ''] = fields.slice(at + 1);
    entries.push({ path: isMoved ? second : first, previousPath: isMoved ? first : null, letter, blob });
    at += isMoved ? 3 : 2;
  }
  return entries;
}

function countsOf(stat: string): Map<string, readonly [number, number]> {
  const lines = stat.split('\0').filter(Boolean).map((line) => line.split('\t'));
  return new Map(lines.map(([added, removed, path]) => [path ?? '', [Number(added) || 0, Number(removed) || 0]]));
}

/** GitHub's `diff-entry`. */
export async function fileShapes(state: GithubState, repository: Repository, pull: PullRequest): Promise<Record<string, unknown>[]> {
  const html = `${state.url}/${fullName(repository)}`;
  return (await changedFiles(repository, pull)).map(({ path, previousPath, status, blob, additions, deletions, patch }) => {
    const place = `${pull.headSha}/${path.split('/').map(encodeURIComponent).join('/')}`;
    return {
      sha: blob, filename: path, status, additions, deletions, changes: additions + deletions, blob_url: `${html}/blob/${place}`, raw_url: `${html}/raw/${place}`,
      contents_url: `${state.url}/api/v3/repos/${fullName(repository)}/contents/${place.slice(pull.headSha.length + 1)}?ref=${pull.headSha}`,
      ...(patch === null ? {} : { patch }), ...(previousPath === null ? {} : { previous_filename: previousPath }),
    };
  });
}

function patchOf(diff: string): string | null {
  const start = diff.search(/^@@ /m);
  return start < 0 ? null : diff.slice(start).replace(/\n$/, '');
}

function count(patch: string | null): [number, number] {
  const lines = (patch ?? '').split('\n');
  return [lines.filter((line) => line.startsWith('+')).length, lines.filter((line) => line.startsWith('-')).length];
}
