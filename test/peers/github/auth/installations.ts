import type { Account, Repository } from '../repository';

/** Where the App is installed. */
export class Installation {
  suspendedAt: string | null = null;
  isDeleted = false;

  constructor(
    readonly id: number,
    /** Null: the first one, which belongs to the owner of the first repository and covers whatever no other covers. */
    readonly account: Account | null,
    private readonly all: Installations,
  ) {}

  covers(repository: Repository): boolean {
    return !this.isDeleted && this.all.of(repository) === this;
  }
}

/** All installations. The first one is there from the beginning. */
export class Installations {
  readonly #list: Installation[];
  readonly #excluded = new Set<number>();

  constructor(readonly firstId: number) {
    this.#list = [new Installation(firstId, null, this)];
  }

  /** For an account that has none: it covers all that this account owns. */
  add(account: Account): Installation {
    const installation = new Installation(this.firstId + this.#list.length, account, this);
    this.#list.push(installation);
    return installation;
  }

  list(): readonly Installation[] {
    return this.#list.filter(({ isDeleted }) => !isDeleted);
  }

  find(id: number | string | undefined): Installation | null {
    return this.list().find((installation) => String(installation.id) === String(id)) ?? null;
  }

  /** The one that covers a repository, if one does. */
  of(repository: Repository): Installation | null {
    if (this.#excluded.has(repository.id)) return null;
    const own = this.#list.find(({ account }) => account?.id === repository.owner.id);
    const covering = own ?? this.#list[0];
    return covering && !covering.isDeleted ? covering : null;
  }

  /** Somebody takes a repository out of the selection, or puts it back. */
  select(repository: Repository, isSelected: boolean): void {
    if (isSelected) this.#excluded.delete(repository.id);
    else this.#excluded.add(repository.id);
  }
}
