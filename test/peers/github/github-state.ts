import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Accounts } from './auth/accounts';
import { Tokens, type Permissions } from './auth/tokens';
import { FaultQueue } from './faults';
import { BareRepository } from './git/bare-repository';
import { Git } from './git/git';
import { Issues } from './issues';
import { Journal } from './journal';
import { fullName, type Account, type Repository } from './repository';
import { Reviewing } from './reviews/reviewing';
import { Contract } from './validation/contract';
import { Webhooks } from './webhooks';

/** What the App may do in repositories. */
export const APP_PERMISSIONS: Permissions = { metadata: 'read', contents: 'write', pull_requests: 'write', checks: 'write', issues: 'write', statuses: 'read', actions: 'read' };

const FIRST_ID = 1_000_000n;
/** From the second repository on, ids do not fit a double: a client that rounds them mixes them up. */
const LARGE_ID = 2n ** 53n + 1n;
const ID_RANGE = 1_000_000n;

export interface NewRepository {
  readonly owner: string;
  readonly name: string;
  readonly private?: boolean;
  /** A folder whose files become the first commit. */
  readonly path?: string;
  /** A clone that becomes the repository, all branches and tags. */
  readonly clone?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export interface AppOptions {
  readonly appId: number;
  readonly webhookSecret: string;
}

/** Everything that the peer knows. */
export class GithubState {
  readonly appId: number;
  readonly appSlug = 'async-coder';
  readonly clientId = 'Iv23liAsyncCoderPeer';
  readonly installationId = 50_000_001;
  readonly createdAt = new Date().toISOString();
  readonly webhookSecret: string;
  /** What installations grant; tests take some of it away. */
  permissions: Permissions = APP_PERMISSIONS;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly git: Git;
  readonly repositoriesFolder: string;
  readonly repositories: Repository[] = [];
  readonly tokens = new Tokens();
  readonly accounts = new Accounts(this.installationId);
  readonly journal = new Journal();
  readonly faults = new FaultQueue();
  readonly contract = new Contract();
  readonly reviewing = new Reviewing();
  readonly issues = new Issues();
  readonly webhooks: Webhooks;
  /** Origin of this server, known once it listens. */
  url = '';
  readonly #accounts = new Map<string, Account>();
  #aheadMs = 0;

  constructor(dataFolder: string, { appId, webhookSecret }: AppOptions) {
    this.appId = appId;
    this.webhookSecret = webhookSecret;
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.key = privateKey;
    this.publicKey = publicKey;
    this.git = new Git(dataFolder);
    this.repositoriesFolder = join(dataFolder, 'repositories');
    mkdirSync(this.repositoriesFolder, { recursive: true });
    this.webhooks = new Webhooks(webhookSecret, () => this.now(), appId);
  }

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  isoNow(): string {
    return new Date(this.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  advanceClock(ms: number): void {
    this.#aheadMs += ms;
  }

  account(login: string, type: Account['type'] = 'User'): Account {
    const known = this.#accounts.get(login.toLowerCase());
    if (known) return known;
    const account = { id: 9_000_000 + this.#accounts.size + 1, login, type };
    this.#accounts.set(login.toLowerCase(), account);
    return account;
  }

  /** Null: nobody has this name. */
  knownAccount(login: string): Account | null {
    return this.#accounts.get(login.toLowerCase()) ?? null;
  }

  /** The App as the author of what it does. */
  get bot(): Account {
    return this.account(`${this.appSlug}[bot]`, 'Bot');
  }

  repository(owner: string, name: string): Repository | undefined {
    const wanted = `${owner}/${name}`.toLowerCase();
    return this.repositories.find((repository) => fullName(repository).toLowerCase() === wanted);
  }

  /** @throws {Error} for a name that GitHub would not take, or one that exists. */
  async addRepository({ owner, name, private: isPrivate = false, path, clone, files }: NewRepository): Promise<Repository> {
    if (![owner, name].every((part) => /^[A-Za-z0-9._-]{1,100}$/.test(part) && !/^\.+$/.test(part))) throw new Error('owner and name are letters, digits, ".", "_" and "-"');
    const folder = folderOf(owner, name);
    if (this.repository(owner, name)) throw new Error(`${owner}/${name} exists`);
    const git = new BareRepository(this.git, join(this.repositoriesFolder, folder));
    const count = BigInt(this.repositories.length);
    const repository: Repository = {
      id: 700_000_001 + this.repositories.length, owner: this.account(owner), name, private: isPrivate, createdAt: this.isoNow(), git, folder, pulls: [], comments: [],
      nextId: (count === 0n ? FIRST_ID : LARGE_ID) + count * ID_RANGE, nextNumber: 1, pushedAt: this.isoNow(), branches: new Map(), protectedBranches: new Set(),
    };
    this.repositories.push(repository);
    try {
      if (existsSync(git.folder)) rmSync(git.folder, { recursive: true });
      mkdirSync(dirname(git.folder), { recursive: true });
      if (clone !== undefined) await git.mirror(clone);
      else if (path !== undefined) await git.commitFolder(path);
      else if (files !== undefined) await git.commitFiles(files);
      else await git.init();
      repository.branches = new Map((await git.refs('refs/heads/')).map((ref) => [ref.name, ref.sha]));
    } catch (error) {
      this.repositories.splice(this.repositories.indexOf(repository), 1);
      throw error;
    }
    return repository;
  }
}

export function newSecret(): string {
  return randomBytes(24).toString('hex');
}

function folderOf(owner: string, name: string): string {
  return `${owner}/${name}.git`.toLowerCase();
}
