import { GitRepoMirrorStore, type MirroredRepo, type TaskEventData, TaskForgeNews, type Tx, UnitOfWork, type WebhookOutcome } from '@app/domain';
import type { GithubPayload } from '@app/github';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED } from '../webhook-source';
import { type GithubEvent, GithubEventHandler } from './github-event-handler';

const BRANCH = 'refs/heads/';
const NONE = /^0+$/;

/** Pushes: when a repository was last pushed to, and what others do to the branches of our tasks. */
@Injectable()
export class PushHandler extends GithubEventHandler {
  readonly events = ['push', 'create', 'delete'];

  constructor(
    private readonly work: UnitOfWork,
    private readonly repositories: GitRepoMirrorStore,
    private readonly news: TaskForgeNews,
    private readonly bus: TaskEventBus,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const { repositoryId, payload } = event;
    if (repositoryId === null) return ignored('the repository cannot be read');
    const told = await this.work.run(async (tx) => {
      const repositories = await this.repositories.connected(tx, repositoryId);
      const pushedAt = payload.time('repository', 'pushed_at');
      if (pushedAt) await this.repositories.pushed(tx, repositoryId, pushedAt);
      return repositories.length === 0 ? null : this.tell(tx, event, repositories);
    });
    for (const taskId of told ?? []) this.bus.publishNews(taskId);
    return told === null ? ignored('nobody connected this repository') : PROCESSED;
  }

  private async tell(tx: Tx, { name, payload }: GithubEvent, repositories: readonly MirroredRepo[]): Promise<string[]> {
    const move = name === 'push' ? moveIn(payload) : null;
    if (!move) return [];
    const { branch, before, after, isDeleted, data } = move;
    const told: string[] = [];
    for (const { id } of repositories) {
      for (const taskId of await this.news.ofBranch(tx, id, branch)) {
        if (!isDeleted && (await this.news.isOwnPush(tx, taskId, after))) continue;
        if (await this.news.tell(tx, taskId, `push:${before}:${after}`, data)) told.push(taskId);
      }
    }
    return told;
  }
}

interface BranchMove {
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly isDeleted: boolean;
  readonly data: TaskEventData['github'];
}

/** A branch that is deleted is pushed to as well: what was lost is said there, and not by `delete`. */
function moveIn(payload: GithubPayload): BranchMove | null {
  const [ref, before, after] = [payload.text('ref') ?? '', payload.text('before') ?? '', payload.text('after') ?? ''];
  if (!ref.startsWith(BRANCH)) return null;
  const branch = ref.slice(BRANCH.length);
  const login = payload.text('sender', 'login') ?? payload.text('pusher', 'name');
  const who = login ?? 'Somebody';
  const isDeleted = payload.flag('deleted') ?? NONE.test(after);
  const data = isDeleted
    ? ({ kind: 'branch_deleted', text: `${who} deleted the branch ${branch}.`, login, branch } as const)
    : ({ kind: 'pushed', text: `${who} pushed to the branch ${branch}: it is now at ${after.slice(0, 12)}.`, login, branch, headSha: after } as const);
  return { branch, before, after, isDeleted, data };
}
