import type { TaskMode } from '@app/domain';
import type { OrganizationRole } from '../../auth/principal';

/** What somebody may do in a repository, the least first. */
export const REPOSITORY_LEVELS = ['none', 'read', 'write', 'admin'] as const;
export type RepositoryLevel = (typeof REPOSITORY_LEVELS)[number];
/** What a route may ask for. */
export type AccessLevel = Exclude<RepositoryLevel, 'none'>;

const CHANGING: ReadonlySet<TaskMode> = new Set<TaskMode>(['code', 'debug', 'documentation']);

/** The level that a task of this mode asks of its caller: to write, where its work is published. */
export function levelForTask(mode: TaskMode): AccessLevel {
  return CHANGING.has(mode) ? 'write' : 'read';
}

/** What the organization's role alone allows. */
export function levelOfRole(role: OrganizationRole): AccessLevel {
  if (role === 'owner' || role === 'admin') return 'admin';
  return role === 'member' ? 'write' : 'read';
}

export function reachesLevel(level: RepositoryLevel, needed: RepositoryLevel): boolean {
  return REPOSITORY_LEVELS.indexOf(level) >= REPOSITORY_LEVELS.indexOf(needed);
}

export function lesserLevel<Level extends RepositoryLevel>(one: Level, other: Level): Level {
  return reachesLevel(one, other) ? other : one;
}
