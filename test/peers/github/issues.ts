import type { Account, Repository } from './repository';

export interface Issue {
  readonly id: bigint;
  readonly number: number;
  readonly user: Account;
  readonly title: string;
  readonly body: string | null;
  labels: readonly string[];
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
