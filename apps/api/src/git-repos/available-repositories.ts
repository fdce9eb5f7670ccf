import type { Page, PageKey, PageRequest } from '@app/common';
import { GithubInstallationStore, GitRepoStore } from '@app/domain';
import type { GithubRepoFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { AvailableRepo } from './dto/github-repository.response';
import { type OfferedRepos, OfferReader, type Reader } from './offer-reader';

/** Pages of GitHub's lists that one request of ours reads. */
const MOST_PAGES = 10;

const NOTHING: OfferedRepos = { repos: [], isLast: true };

/** Where a list goes on: a page of an installation, and how many of it were shown. */
interface Place {
  readonly installationId: string;
  readonly page: number;
  readonly skip: number;
}

/** What the organization's installations offer the caller, and is not connected. GitHub is asked each time: nothing of it is kept. */
@Injectable()
export class AvailableRepositories {
  constructor(
    private readonly github: OfferReader,
    private readonly installations: GithubInstallationStore,
    private readonly repos: GitRepoStore,
  ) {}

  /** @throws {AppError} github_not_connected, integration_not_configured, github_error, github_rate_limited */
  list({ userId, organizationId }: Principal, q: string | undefined, page: PageRequest): Promise<Page<AvailableRepo>> {
    return this.github.reading(userId, (read) => this.collect({ organizationId, read, words: (q ?? '').toLowerCase() }, page));
  }

  private async collect(search: { organizationId: string; read: Reader; words: string }, { limit, after }: PageRequest): Promise<Page<AvailableRepo>> {
    const offering = await this.offering(search.organizationId);
    const rows: AvailableRepo[] = [];
    let place: Place | null = after ? placeOf(after) : first(offering);
    for (let pages = 0; place !== null && pages < MOST_PAGES; pages += 1) {
      const { installationId, page, skip }: Place = place;
      const offered = (offering.includes(installationId) ? await search.read(installationId, page) : null) ?? NOTHING;
      const fitting = (await this.fitting(search, offered)).filter(({ index }) => index >= skip);
      for (const { repo, index } of fitting) {
        rows.push({ repo, installationId });
        if (rows.length === limit) return { rows, next: keyOf({ installationId, page, skip: index + 1 }) };
      }
      place = offered.isLast ? first(offering, installationId) : { installationId, page: page + 1, skip: 0 };
    }
    return { rows, next: place && keyOf(place) };
  }

  /** Those of a page that are not connected and have the words in their names, with where they stand. */
  private async fitting({ organizationId, words }: { organizationId: string; words: string }, { repos }: OfferedRepos): Promise<{ repo: GithubRepoFacts; index: number }[]> {
    const connected = await this.repos.connectedGithubIds(organizationId, repos.map(({ id }) => id));
    return repos.map((repo, index) => ({ repo, index })).filter(({ repo }) => !connected.has(repo.id) && repo.fullName.toLowerCase().includes(words));
  }

  /** GitHub's ids, in order. */
  private async offering(organizationId: string): Promise<string[]> {
    const rows = await this.installations.listForOrganization(organizationId);
    return rows.filter(({ suspendedAt }) => suspendedAt === null).map(({ installationId }) => installationId).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  }
}

function first(offering: readonly string[], after: string | null = null): Place | null {
  const next = offering.find((id) => after === null || BigInt(id) > BigInt(after));
  return next === undefined ? null : { installationId: next, page: 1, skip: 0 };
}

function keyOf({ installationId, page, skip }: Place): PageKey {
  return { sort: `${page}:${skip}`, id: installationId };
}

function placeOf({ sort, id }: PageKey): Place {
  const [page = 1, skip = 0] = sort.split(':').map(Number);
  return { installationId: id, page, skip };
}
