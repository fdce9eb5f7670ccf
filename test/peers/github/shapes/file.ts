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
  const counts = new Map(stat.split('\0').filter(Boolean).map((line) => line.split('\t')).map(([added, removed, path]): [string, [string, string]] => [path ?? '', [added ?? '0', removed ?? '0']]));
  const files: ChangedFile[] = [];
  const fields = raw.split('\0');
  for (let at = 0; at + 1 < fields.length; ) {
    const [, , , blob = '', letter = 'M'] = (fields[at++] ?? '').split(' ');
    const first = fields[at++] ?? '';
    const isMoved = /^[RC]/.test(letter);
    const path = isMoved ? (fields[at++] ?? '') : first;
    const patch = patchOf(await git.git(['diff', '-M', range, '--', ...(isMoved ? [first, path] : [path])]));
    const [additions, deletions] = isMoved ? count(patch) : (counts.get(path) ?? ['0', '0']).map((text) => Number(text) || 0);
    files.push({ path, previousPath: isMoved ? first : null, status: STATUS[letter[0] ?? 'M'] ?? 'changed', blob, additions: additions ?? 0, deletions: deletions ?? 0, patch });
  }
  return files;
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
