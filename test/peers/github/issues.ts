import type { GithubState } from './github-state';
import type { Account, Repository } from './repository';

export interface Issue {
  readonly id: bigint;
  readonly number: number;
  readonly user: Account;
  readonly title: string;
  readonly body: string | null;
  readonly labels: readonly string[];
  readonly at: string;
  readonly state: 'open' | 'closed';
}

export interface Reaction {
  readonly id: bigint;
  /** What it was put on: `issues/7`, `issues/comments/12`, `pulls/comments/12`. */
  readonly place: string;
  readonly user: Account;
  readonly content: string;
  readonly at: string;
}

export interface NewIssue {
  readonly repository: string;
  readonly title: string;
  readonly body?: string | null;
  readonly author?: string;
  readonly labels?: readonly string[];
}

interface OfOneRepository {
  readonly issues: Issue[];
  readonly reactions: Reaction[];
  /** Of jobs, by the id of their check run. */
  readonly logs: Map<string, string>;
}

/** Issues of the repositories, what was reacted to, and what jobs wrote. */
export class Issues {
  readonly #byRepository = new Map<number, OfOneRepository>();

  of(repository: Repository): OfOneRepository {
    const known = this.#byRepository.get(repository.id);
    if (known) return known;
    const fresh: OfOneRepository = { issues: [], reactions: [], logs: new Map() };
    this.#byRepository.set(repository.id, fresh);
    return fresh;
  }

  find(repository: Repository, number: string): Issue | undefined {
    return this.of(repository).issues.find((issue) => String(issue.number) === number);
  }
}

/** An issue that a person opens. @throws {Error} for a repository that does not exist */
export function openIssueAs(state: GithubState, { repository: name, title, body = null, author = 'ada', labels = [] }: NewIssue): { number: number; id: string } {
  const repository = named(state, name);
  const issue: Issue = { id: repository.nextId++, number: repository.nextNumber++, user: state.account(author), title, body, labels, at: state.isoNow(), state: 'open' };
  state.issues.of(repository).issues.push(issue);
  return { number: issue.number, id: String(issue.id) };
}

function named(state: GithubState, name: string): Repository {
  const [owner = '', repo = ''] = name.split('/');
  const found = state.repository(owner, repo);
  if (!found) throw new Error(`no such repository: ${name}`);
  return found;
}

interface Call {
  readonly state: GithubState;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export const ISSUE_CONTROL: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/issues': ({ state, body }) => openIssueAs(state, body as NewIssue),
  'GET /__peer/reactions': ({ state, query }) => {
    const repository = named(state, query.get('repository') ?? '');
    return { data: state.issues.of(repository).reactions.map(({ place, user, content }) => ({ place, login: user.login, content })) };
  },
  'GET /__peer/comments': ({ state, query }) => {
    const repository = named(state, query.get('repository') ?? '');
    return { data: repository.comments.map(({ number, user, body }) => ({ number, login: user.login, body })) };
  },
  'POST /__peer/logs': ({ state, body }) => {
    const { repository, id, text } = body as { repository: string; id: string; text: string };
    state.issues.of(named(state, repository)).logs.set(id, text);
  },
};

