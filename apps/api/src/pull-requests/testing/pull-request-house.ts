import { PullRequestStore, UnitOfWork } from '@app/domain';
import { type GithubPeer, startGithubPeer } from '../../../../../test/support/github-peer';
import { PeerRemarks } from '../../../../../test/support/peer-remarks';
import { type SignedIn, TestApi } from '../../testing/test-api';

/** A pull request at GitHub's stand-in that our rows know. */
export interface OpenedPull {
  readonly id: string;
  readonly path: string;
  readonly number: number;
  readonly headSha: string;
  readonly repositoryId: string;
  readonly remarks: PeerRemarks;
}

/** The API and GitHub's stand-in. */
export class PullRequestHouse {
  private made = 0;

  private constructor(
    readonly peer: GithubPeer,
    readonly api: TestApi,
    readonly ada: SignedIn,
  ) {}

  static async start(): Promise<PullRequestHouse> {
    const peer = await startGithubPeer();
    const api = await TestApi.start({ GITHUB_PACED: 'false', GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey, GITHUB_WEBHOOK_SECRET: peer.webhookSecret });
    await api.database.dataSource.query('UPDATE subscription_plans SET max_repositories = 1000');
    return new PullRequestHouse(peer, api, await api.signUp());
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.peer.stop();
  }

  /** A connected repository with a pull request of two files; its row came by a webhook, as it were. */
  async open({ draft = false, isAgents = false } = {}): Promise<OpenedPull> {
    const name = `pulls-${++this.made}`;
    const repository = await this.peer.addRepository({ owner: 'acme', name, private: true, files: { 'a.txt': 'one\ntwo\nthree\n', 'README.md': '# Acme\n' } });
    const connected = await this.api.send('post', '/api/v1/repositories', this.ada).send({ fullName: repository.fullName });
    if (connected.status !== 201) throw new Error(`the repository was not connected: ${connected.text}`);
    const repositoryId = (connected.body as { id: string }).id;
    const remarks = new PeerRemarks(this.peer.url, repository.fullName);
    await remarks.commit({ branch: 'topic', files: { 'a.txt': 'ONE\ntwo\nthree\n', 'b.txt': 'b\n' } });
    const { number, headSha } = await remarks.pull({ head: 'topic', ...(draft ? { draft } : {}), ...(isAgents ? { author: 'async-coder[bot]' } : {}) });
    const listed = await this.api.send('get', `/api/v1/repositories/${repositoryId}/pull-requests?refresh=true`, this.ada);
    const { id } = (listed.body as { data: { id: string }[] }).data[0] ?? { id: '' };
    if (isAgents) await this.api.database.dataSource.query(`UPDATE pull_requests SET origin = 'agent' WHERE id = $1`, [id]);
    return { id, path: `/api/v1/pull-requests/${id}`, number, headSha, repositoryId, remarks };
  }

  row(id: string) {
    return new PullRequestStore().find(new UnitOfWork(this.api.database.dataSource).reader, this.ada.organizationId, id);
  }

  async audit(id: string): Promise<string[]> {
    const rows = await this.api.database.dataSource.query<{ action: string }[]>('SELECT action FROM audit_logs WHERE target_id = $1 ORDER BY id', [id]);
    return rows.map(({ action }) => action);
  }

  /** How often GitHub was asked. */
  calls(method: string, part: string): number {
    return this.peer.requests().filter((request) => request.method === method && request.path.includes(part)).length;
  }
}
