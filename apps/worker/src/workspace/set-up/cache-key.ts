import { createHash } from 'node:crypto';
import type { TrustedRepository } from '../trusted-repository';

const LOCK_FILE =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|(dev-|test-)?requirements[\w.-]*\.txt|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|Cargo\.lock|go\.sum|Gemfile\.lock|composer\.lock|packages\.lock\.json|mix\.lock|gradle\.lockfile|pom\.xml|build\.gradle(\.kts)?)$/;
const MOST_LOCK_FILES = 500;
/** A new number forgets every cache. */
const FORMAT = 1;

/** Names of the caches that a set-up may begin with, its own first, and the one that it may leave; null: nothing tells one state from another. */
export interface CacheKeys {
  readonly own: string;
  readonly read: readonly string[];
}

/**
 * By the lock files as they are at the base, the command and the branch. What a branch leaves is not seen by other branches, except what the default branch leaves: code
 * that nobody has reviewed cannot prepare what the default branch's tasks install.
 */
export async function cacheKeys(trusted: TrustedRepository, set: { command: string; branch: string; defaultBranch: string }): Promise<CacheKeys | null> {
  const locks = await trusted.blobs((path) => LOCK_FILE.test(path));
  if (locks.length === 0 || locks.length > MOST_LOCK_FILES) return null;
  const key = (branch: string): string => createHash('sha256').update(JSON.stringify([FORMAT, process.arch, set.command, branch, locks])).digest('hex').slice(0, 40);
  const own = key(set.branch);
  return { own, read: [...new Set([own, key(set.defaultBranch)])] };
}
