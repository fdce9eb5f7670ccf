import type { NewCommit, NewPull } from '../peers/github/reviews/people';
import type { NewCheck } from '../peers/github/reviews/review-control';

export interface RemarksAtPeer {
  readonly reviews: readonly { readonly id: number; readonly number: number; readonly state: string; readonly body: string; readonly commitId: string; readonly user: { readonly login: string } }[];
  readonly comments: readonly { readonly id: number; readonly number: number; readonly reviewId: number; readonly inReplyTo: number | null; readonly path: string; readonly line: number | null; readonly startLine: number | null; readonly side: string; readonly body: string }[];
  readonly threads: readonly { readonly nodeId: string; readonly firstCommentId: number; readonly resolvedBy: { readonly login: string } | null }[];
  readonly runs: readonly { readonly id: number; readonly sha: string; readonly name: string; readonly appId: number; readonly status: string; readonly conclusion: string | null; readonly output: { readonly title: string | null; readonly summary: string | null } }[];
  readonly issueComments: readonly { readonly id: number; readonly number: number; readonly body: string; readonly user: { readonly login: string } }[];
}

/** People at work in a repository of GitHub's stand-in, and what was said there. */
export class PeerRemarks {
  constructor(
    private readonly url: string,
    /** owner/name */
    readonly repository: string,
  ) {}

  async commit(commit: NewCommit): Promise<string> {
    return (await this.post<{ sha: string }>('commits', commit)).sha;
  }

  pull(pull: NewPull): Promise<{ number: number; headSha: string }> {
    return this.post('pulls', pull);
  }

  async check(check: Omit<NewCheck, 'repository'>): Promise<void> {
    await this.post('checks', check);
  }

  async resolve(commentId: number, login: string): Promise<void> {
    await this.post('threads/resolve', { commentId: String(commentId), login });
  }

  async all(): Promise<RemarksAtPeer> {
    const answer = await fetch(`${this.url}/__peer/reviews?repository=${this.repository}`);
    return (await answer.json()) as RemarksAtPeer;
  }

  private async post<T>(what: string, body: object): Promise<T> {
    const answer = await fetch(`${this.url}/__peer/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, repository: this.repository }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the stand-in answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}
