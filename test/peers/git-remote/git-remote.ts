import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Git } from '../github/git/git';
import { serveGit } from '../github/git/http-backend';

/** Who may read and write. */
export interface GitUser {
  readonly username: string;
  readonly password: string;
}

/** One request as it came in. */
export interface GitCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly status: number;
}

const FOLDER = 'project.git';
const REALM = { 'www-authenticate': 'Basic realm="git"' };

/** A git server that is no forge: smart HTTP with a user and a password, over one real bare repository. */
export class GitRemote {
  readonly calls: GitCall[] = [];
  private refuseWith: number | null = null;

  private constructor(
    readonly folder: string,
    private readonly git: Git,
    private readonly server: Server,
    private readonly user: GitUser,
  ) {}

  static async start(user: GitUser): Promise<GitRemote> {
    const folder = await mkdtemp(join(tmpdir(), 'git-remote-'));
    const git = new Git(folder);
    await git.run(['init', '-q', '--bare', '-b', 'main', join(folder, FOLDER)]);
    const server = createServer();
    const remote = new GitRemote(folder, git, server, user);
    server.on('request', (request, response) => void remote.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return remote;
  }

  /** Where the repository lies on this machine. */
  get path(): string {
    return join(this.folder, FOLDER);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${FOLDER}`;
  }

  /** Refuses every request with this status; null: answers again. */
  refuse(status: number | null): void {
    this.refuseWith = status;
  }

  /** The commit of a ref, or null. */
  async ref(name: string): Promise<string | null> {
    const { code, stdout } = await this.git.try(['--git-dir', this.path, 'rev-parse', '-q', '--verify', name]);
    return code === 0 ? stdout.trim() : null;
  }

  /** All refs by name. */
  async refs(): Promise<string[]> {
    return (await this.git.run(['--git-dir', this.path, 'for-each-ref', '--format=%(refname)'])).split('\n').filter(Boolean);
  }

  /** Puts files on the default branch as one commit. */
  async seed(files: Readonly<Record<string, string>>): Promise<void> {
    const blobs: string[] = [];
    for (const [path, text] of Object.entries(files)) blobs.push(`100644 blob ${(await this.git.run(['--git-dir', this.path, 'hash-object', '-w', '--stdin'], { input: text })).trim()}\t${path}`);
    const tree = (await this.git.run(['--git-dir', this.path, 'mktree'], { input: `${blobs.join('\n')}\n` })).trim();
    const who = { GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't@t', GIT_COMMITTER_NAME: 't', GIT_COMMITTER_EMAIL: 't@t' };
    const commit = (await this.git.run(['--git-dir', this.path, 'commit-tree', tree, '-m', 'seed'], { env: who })).trim();
    await this.git.run(['--git-dir', this.path, 'update-ref', 'refs/heads/main', commit]);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    response.once('close', () => this.calls.push({ method: request.method ?? '', path: url.pathname, authorization: request.headers.authorization ?? null, status: response.statusCode }));
    const refused = this.refuseWith ?? (this.isLetIn(request) ? null : 401);
    if (refused !== null) return void response.writeHead(refused, refused === 401 ? REALM : {}).end('no');
    await serveGit(this.git, { projectRoot: this.folder, path: url.pathname, query: url.search.slice(1), user: this.user.username }, request, response);
    response.end();
  }

  private isLetIn({ headers }: IncomingMessage): boolean {
    return headers.authorization === `Basic ${Buffer.from(`${this.user.username}:${this.user.password}`).toString('base64')}`;
  }
}
