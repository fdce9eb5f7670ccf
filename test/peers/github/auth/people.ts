import type { Account, Repository } from '../repository';
import type { Level } from './tokens';

/** What somebody may do in a repository, the least first. */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const ROLE_OF_LEVEL: Readonly<Record<Level, Role>> = { read: 'read', write: 'write', admin: 'admin' };

/** Who works with which repository. An owner administers; everybody reads what is public. */
export class People {
  readonly #roles = new Map<number, Map<number, Role>>();

  set(repository: Repository, account: Account, role: Role): void {
    const roles = this.#roles.get(repository.id) ?? new Map<number, Role>();
    this.#roles.set(repository.id, roles.set(account.id, role));
  }

  /** What they were given; null: nothing was said. */
  given(repository: Repository, account: Account): Role | null {
    const given = this.#roles.get(repository.id)?.get(account.id) ?? (repository.owner.id === account.id ? 'admin' : null);
    return given === 'none' ? null : given;
  }

  role(repository: Repository, account: Account): Role {
    return this.given(repository, account) ?? (repository.private ? 'none' : 'read');
  }

  may(repository: Repository, account: Account, level: Level): boolean {
    return ROLES.indexOf(this.role(repository, account)) >= ROLES.indexOf(ROLE_OF_LEVEL[level]);
  }
}

/** GitHub's five flags. */
export function roleFlags(role: Role): Record<string, boolean> {
  const reaches = (needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);
  return { admin: reaches('admin'), maintain: reaches('maintain'), push: reaches('write'), triage: reaches('triage'), pull: reaches('read') };
}

/** The older word, which knows neither triage nor maintain. */
export function legacyPermission(role: Role): 'admin' | 'write' | 'read' | 'none' {
  if (role === 'maintain') return 'write';
  return role === 'triage' ? 'read' : role;
}
