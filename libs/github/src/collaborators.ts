import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GithubApp } from './github-app';
import { githubError, statusOf } from './github.errors';

/** What a login may do in a repository, the least first. Roles that an organization made itself stand as the one they build on. */
export const COLLABORATOR_PERMISSIONS = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type CollaboratorPermission = (typeof COLLABORATOR_PERMISSIONS)[number];

/** A login's right in a repository, as GitHub says it. */
export interface CollaboratorFacts {
  readonly permission: CollaboratorPermission;
  /** GitHub's id of the account behind the login, as text: logins are renamed and taken by others. Null when there is no such account. */
  readonly accountId: string | null;
  readonly accountType: string | null;
}

/** One repository of one installation, by GitHub's ids. */
export interface InstalledRepository {
  readonly installationId: string;
  readonly githubRepoId: string;
}

const NOBODY: CollaboratorFacts = { permission: 'none', accountId: null, accountType: null };

/** Whether a permission reaches another: `reaches('maintain', 'write')`. */
export function reaches(permission: CollaboratorPermission, needed: CollaboratorPermission): boolean {
  return COLLABORATOR_PERMISSIONS.indexOf(permission) >= COLLABORATOR_PERMISSIONS.indexOf(needed);
}

/** What people may do in a repository: always GitHub's own answer, never read from a name. */
@Injectable()
export class GithubCollaborators {
  constructor(private readonly app: GithubApp) {}

  /** Asks with a token of its own for this one repository, which ends with the answer. @throws {AppError} as `GithubApp.tokenForRepository` */
  async ask({ installationId, githubRepoId }: InstalledRepository, login: string, signal?: AbortSignal): Promise<CollaboratorFacts> {
    const { token, fullName } = await this.app.tokenForRepository({ installationId, githubRepoId, permissions: { metadata: 'read' } }, signal);
    try {
      return fullName === null ? NOBODY : await this.permissionOf(token, fullName, login);
    } finally {
      // Nobody waits for it: GitHub wants a second between writes, and the token reads names only, for an hour at most.
      void this.app.revoke(token).catch(() => undefined);
    }
  }

  /** Asks with a token that reads the repository's metadata. @throws {AppError} github_error, github_rate_limited, github_permission_missing, integration_not_connected */
  async permissionOf(token: Secret, fullName: string, login: string): Promise<CollaboratorFacts> {
    if (!isLogin(login)) return NOBODY;
    const [owner = '', repo = ''] = fullName.split('/');
    try {
      const { data } = await this.app.octokitFor(token, 'repositories').request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', { owner, repo, username: login });
      const { permission, role_name: role, user } = data;
      return { permission: strongest(permission, role), accountId: user ? String(user.id) : null, accountType: user?.type ?? null };
    } catch (error) {
      // Of a login that nobody has GitHub says 404, and so it does of a repository that the token does not see.
      if (statusOf(error) === 404) return NOBODY;
      throw githubError(error, "read a collaborator's permission");
    }
  }
}

/** Anything else could lead the request to another address. */
function isLogin(login: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?(?:\[bot\])?$/.test(login);
}

/** `permission` knows neither triage nor maintain; `role_name` knows those, and also names that an organization made up. */
function strongest(permission: string, role: string): CollaboratorPermission {
  const known = (name: string): CollaboratorPermission => COLLABORATOR_PERMISSIONS.find((one) => one === name) ?? 'none';
  return reaches(known(role), known(permission)) ? known(role) : known(permission);
}
