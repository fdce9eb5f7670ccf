import { isCiFile } from '../policy/protected-files';
import { matchesAny } from '../text/glob-pattern';

/** Where the sandbox keeps the checkout and the agent's own notes; the only absolute paths a tool takes. */
const REPOSITORY_ROOT = '/workspace/repo';
const SCRATCH_ROOT = '/workspace/scratch/';

/** What may be written: globs (none: nothing) and whether CI files are among them. */
export interface WriteRules {
  readonly writablePaths: readonly string[];
  readonly allowCiFiles: boolean;
}

export type PathCheck = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

/** The path as the workspace takes it, relative to the repository's root, or why it is refused. */
export function checkPath(given: string): PathCheck {
  const path = withoutRoot(given.trim());
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.includes('\0')) return refused(`"${given}" is not a path`);
  if (segments.includes('..')) return refused(`"${given}" leaves the repository: use a path relative to its root, without ".."`);
  if (path.startsWith('/') && !path.startsWith(SCRATCH_ROOT)) return refused(`"${given}" is absolute: use a path relative to the repository's root`);
  if (segments.some(isGitFolder)) return refused('.git is not open to tools: history and commits are the platform\'s work');
  return { ok: true, path: path.startsWith('/') ? `/${segments.join('/')}` : segments.join('/') };
}

/** Why a path that passed `checkPath` may not be written; null: it may. */
export function whyNotWritable(path: string, rules: WriteRules): string | null {
  if (rules.writablePaths.length === 0) return 'nothing can be written in this mode';
  if (path.startsWith(SCRATCH_ROOT)) return null;
  if (path === '') return 'the path of a file is needed';
  if (isCiFile(path) && !rules.allowCiFiles) return `${path} is a CI file, and this repository does not let the agent change those; say in your summary what should be changed there`;
  if (!matchesAny(path, rules.writablePaths)) return `${path} is outside of what this mode may write (${rules.writablePaths.join(', ')})`;
  return null;
}

function withoutRoot(path: string): string {
  if (path === REPOSITORY_ROOT) return '';
  return path.startsWith(`${REPOSITORY_ROOT}/`) ? path.slice(REPOSITORY_ROOT.length + 1) : path;
}

/** Also the spellings that a file system without case or with ignorable characters takes for it. */
function isGitFolder(segment: string): boolean {
  return segment.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '').replace(/[. ]+$/, '').toLowerCase() === '.git';
}

function refused(reason: string): PathCheck {
  return { ok: false, reason };
}
