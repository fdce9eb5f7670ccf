import { AppError, sha256, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Octokit } from 'octokit';
import { COLLABORATOR_PERMISSIONS, type CollaboratorPermission } from '../collaborators';
import { GithubApp, type InstallationFacts, installationFacts, type RawInstallation } from '../github-app';
import { type GithubRepoFacts, type RawRepo, repoFacts } from '../github-repo';
import { githubError, statusOf } from '../github.errors';
import { HURRIED } from '../traffic/github-traffic';

const PER_PAGE = 100;
const MOST_INSTALLATION_PAGES = 10;

/** An account of GitHub; ids as text. */
export interface GithubPerson {
  readonly id: string;
  readonly login: string;
  readonly avatarUrl: string | null;
}

/** A repository that somebody sees, and what they may do there. */
export interface PersonsRepo {
  readonly repo: GithubRepoFacts;
  readonly permission: CollaboratorPermission;
}

/** A page of GitHub's list; `isLast`: nothing comes after it. */
export interface PersonsRepoPage {
  readonly repos: readonly PersonsRepo[];
  readonly isLast: boolean;
}

/** GitHub does not take a person's token any more. */
export class GithubTokenRefused extends Error {
  constructor(what: string) {
    super(`GitHub does not take the token any more (${what})`);
    this.name = 'GithubTokenRefused';
  }
}

interface RawPersonsRepo extends RawRepo {
  readonly permissions?: Readonly<Record<string, boolean | undefined>>;
}

/** What a person sees and may do, asked with their own token. Errors are those of `githubError`, and GithubTokenRefused. */
@Injectable()
export class GithubPeople {
  constructor(private readonly app: GithubApp) {}

  /** Whose token it is. */
  self(token: Secret): Promise<GithubPerson> {
    return this.ask(token, 'read the account', async (octokit) => {
      const { data } = await octokit.request('GET /user');
      return { id: String(data.id), login: data.login, avatarUrl: data.avatar_url || null };
    });
  }

  /** Installations that the person may reach, all of them up to a thousand. */
  installations(token: Secret): Promise<InstallationFacts[]> {
    return this.ask(token, 'list installations', async (octokit) => {
      const found: InstallationFacts[] = [];
      for (let page = 1; page <= MOST_INSTALLATION_PAGES; page += 1) {
        const { data } = await octokit.request('GET /user/installations', { per_page: PER_PAGE, page });
        found.push(...data.installations.map((raw) => installationFacts(raw as unknown as RawInstallation)));
        if (data.installations.length < PER_PAGE) break;
      }
      return found;
    });
  }

  /** A page, from 1, of what an installation offers this person; null: they see no such installation. */
  repositories(token: Secret, installationId: string, page: number): Promise<PersonsRepoPage | null> {
    return this.ask(token, 'list repositories', async (octokit) => {
      try {
        const { data } = await octokit.request('GET /user/installations/{installation_id}/repositories', { installation_id: installationId as unknown as number, per_page: PER_PAGE, page });
        return { repos: data.repositories.map((raw) => personsRepo(raw)), isLast: data.repositories.length < PER_PAGE };
      } catch (error) {
        if (statusOf(error) === 404 || statusOf(error) === 403) return null;
        throw error;
      }
    });
  }

  /** A repository by GitHub's id, with what the person may do there; null: they, or the App, do not see it. */
  repository(token: Secret, githubRepoId: string): Promise<PersonsRepo | null> {
    return this.ask(token, 'read a repository', async (octokit) => {
      try {
        return personsRepo((await octokit.request('GET /repositories/{id}', { id: githubRepoId })).data as RawPersonsRepo);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  private async ask<T>(token: Secret, what: string, call: (octokit: Octokit) => Promise<T>): Promise<T> {
    try {
      return await call(this.app.octokitFor(token, laneOf(token), HURRIED));
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (statusOf(error) === 401) throw new GithubTokenRefused(what);
      throw githubError(error, what);
    }
  }
}

/** GitHub counts each person's calls by themselves: one who asks too much holds up nobody else. */
function laneOf(token: Secret): string {
  return `person-${token.use((text) => sha256(text)).toString('hex').slice(0, 16)}`;
}

const FLAGS: Readonly<Record<string, CollaboratorPermission>> = { pull: 'read', triage: 'triage', push: 'write', maintain: 'maintain', admin: 'admin' };

function personsRepo(raw: RawPersonsRepo): PersonsRepo {
  const held = Object.entries(FLAGS).filter(([flag]) => raw.permissions?.[flag] === true).map(([, permission]) => permission);
  const permission = COLLABORATOR_PERMISSIONS.findLast((one) => held.includes(one)) ?? 'none';
  return { repo: repoFacts(raw), permission };
}
