import { type ForgePullRequest, GitRepoMirrorStore, type MirroredRepo, type PullRequestDetails, type PullRequestMirrored, PullRequestStore, TaskForgeNews, type Tx, UnitOfWork } from '@app/domain';
import type { GithubPayload } from '@app/github';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { pullRequestIn } from './forge-facts';
import { GithubLook } from './github-look';

/** A pull request of one organization's repository, as it is kept now. */
export interface KnownPull {
  readonly repository: MirroredRepo;
  readonly pull: PullRequestDetails;
}

/** Keeps pull requests as GitHub tells of them, and tells their tasks. */
@Injectable()
export class PullRequestMirror {
  constructor(
    private readonly work: UnitOfWork,
    private readonly repositories: GitRepoMirrorStore,
    private readonly pulls: PullRequestStore,
    private readonly news: TaskForgeNews,
    private readonly look: GithubLook,
    private readonly bus: TaskEventBus,
  ) {}

  /**
   * Writes what a payload says for every organization that connected the repository; where two descriptions of one second differ, GitHub is
   * asked. One that the payload does not describe, and that we do not know, is read from GitHub. Empty: nobody connected it, or it is gone.
   */
  async keep(githubRepoId: string, said: { readonly pull: GithubPayload; readonly number: number | null; readonly login: string | null }): Promise<KnownPull[]> {
    const known: KnownPull[] = [];
    for (const repository of await this.work.run((tx) => this.repositories.connected(tx, githubRepoId))) {
      const described = pullRequestIn(repository.id, said.pull);
      const pull = described ? await this.write(repository, described, said.login) : await this.find(repository, said.number);
      if (pull) known.push({ repository, pull });
    }
    return known;
  }

  private async write(repository: MirroredRepo, said: ForgePullRequest, login: string | null): Promise<PullRequestDetails> {
    const { row, outcome } = await this.mirror(said, login);
    if (outcome !== 'unclear') return row;
    const now = await this.look.pullRequest(repository, said.number);
    return now ? (await this.mirror(now, null)).row : row;
  }

  private async find(repository: MirroredRepo, number: number | null): Promise<PullRequestDetails | null> {
    if (number === null) return null;
    const known = await this.work.run((tx) => this.pulls.findByNumber(tx, repository.id, number));
    if (known) return known;
    const now = await this.look.pullRequest(repository, number);
    return now && (await this.mirror(now, null)).row;
  }

  private async mirror(said: ForgePullRequest, login: string | null): Promise<PullRequestMirrored> {
    const written = await this.work.run(async (tx) => {
      const mirrored = await this.pulls.mirror(tx, said);
      return { mirrored, isTold: await this.tell(tx, mirrored, login) };
    });
    if (written.isTold && written.mirrored.row.taskId) this.bus.publishNews(written.mirrored.row.taskId);
    return written.mirrored;
  }

  private async tell(tx: Tx, { row, before }: PullRequestMirrored, login: string | null): Promise<boolean> {
    if (row.taskId === null || before === null || before.status === row.status) return false;
    const { prNumber: number, url, status, headSha } = row;
    const by = status === 'merged' ? (row.mergedByLogin ?? login) : login;
    const text = `Pull request #${number} ${WORDS[status]}${by === null ? '' : ` by ${by}`}.`;
    return this.news.tell(tx, row.taskId, `pull_request:${number}:${status}:${row.githubUpdatedAt?.toISOString() ?? ''}`, { kind: 'pull_request', text, login: by, number, url, status, ...(headSha === null ? {} : { headSha }) });
  }
}

const WORDS: Readonly<Record<PullRequestDetails['status'], string>> = { merged: 'was merged', closed: 'was closed without being merged', open: 'is open for review', draft: 'was turned into a draft' };
