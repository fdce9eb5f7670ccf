import { isCiFile } from '../policy/protected-files';
import type { ChangedFile } from '../workspace';

const MAX_BINARY_BYTES = 1024 * 1024;

/** Lock files, and the manifests of which one must change with them. */
const LOCK_FILES: Readonly<Record<string, readonly string[]>> = {
  'package-lock.json': ['package.json'], 'npm-shrinkwrap.json': ['package.json'], 'yarn.lock': ['package.json'], 'pnpm-lock.yaml': ['package.json', 'pnpm-workspace.yaml'],
  'bun.lock': ['package.json'], 'bun.lockb': ['package.json'], 'poetry.lock': ['pyproject.toml'], 'uv.lock': ['pyproject.toml'], 'pdm.lock': ['pyproject.toml'],
  'Pipfile.lock': ['Pipfile'], 'Cargo.lock': ['Cargo.toml'], 'go.sum': ['go.mod'], 'composer.lock': ['composer.json'], 'Gemfile.lock': ['Gemfile'],
};

export interface CleanDiffInput {
  readonly files: readonly ChangedFile[];
  /** Paths and folders that the agent does not want in the result. */
  readonly discard: readonly string[];
  readonly allowCiFiles: boolean;
  /** Bytes of a changed file, where known. */
  readonly sizeOf?: (path: string) => number | undefined;
}

export interface LeftOutFile {
  readonly path: string;
  readonly reason: string;
}

/** What is delivered of a diff, and what is not. */
export interface CleanDiff {
  readonly kept: readonly ChangedFile[];
  readonly leftOut: readonly LeftOutFile[];
}

/** Leaves out what does not belong in a pull request. A change of nothing but lock files is taken as meant. */
export function cleanDiff(input: CleanDiffInput): CleanDiff {
  const kept: ChangedFile[] = [];
  const leftOut: LeftOutFile[] = [];
  const manifests = new Set(input.files.map((file) => baseName(file.path)));
  const onlyLocks = input.files.every((file) => isLock(file.path) || isDiscarded(file.path, input.discard));
  for (const file of input.files) {
    const reason = whyLeftOut(file, input) ?? (onlyLocks ? null : whyLockLeftOut(file, manifests));
    if (reason === null) kept.push(file);
    else leftOut.push({ path: file.path, reason });
  }
  return { kept, leftOut };
}

function whyLeftOut(file: ChangedFile, input: CleanDiffInput): string | null {
  if (isDiscarded(file.path, input.discard)) return 'discarded by the agent';
  if (!input.allowCiFiles && [file.path, file.oldPath ?? ''].some((path) => isCiFile(path))) return 'CI files may not be changed in this repository';
  if (file.binary && (input.sizeOf?.(file.path) ?? 0) > MAX_BINARY_BYTES) return 'a binary file above 1 MB';
  return null;
}

function whyLockLeftOut(file: ChangedFile, changedNames: ReadonlySet<string>): string | null {
  const manifests = LOCK_FILES[baseName(file.path)];
  return manifests === undefined || manifests.some((name) => changedNames.has(name)) ? null : `a lock file that changed without ${manifests.join(' or ')}`;
}

function isDiscarded(path: string, discard: readonly string[]): boolean {
  return discard.map((item) => item.replace(/^\.\//, '').replace(/\/+$/, '')).some((item) => item !== '' && (path === item || path.startsWith(`${item}/`)));
}

function isLock(path: string): boolean {
  return Object.hasOwn(LOCK_FILES, baseName(path));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
