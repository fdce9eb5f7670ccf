import { AppConfig } from '@app/common';
import { CheckWatchStore, TriggerSubjectStore, UnitOfWork, type TriggeredRepository, type WebhookOutcome } from '@app/domain';
import type { GithubPayload } from '@app/github';
import { Injectable } from '@nestjs/common';
import { GithubEventHandler, type GithubEvent } from '../webhooks/github/github-event-handler';
import { ignored, PROCESSED } from '../webhooks/webhook-source';
import { QUIET_SECONDS } from './ci-tunables';
import { TriggerFinds } from './trigger-finds';
import { TriggerGate } from './trigger-gate';
import { TriggerStarts, type Start } from './trigger-starts';

/** A suite that failed, and the commit's page where its GitHub is. */
interface FailedSuite {
  readonly branch: string;
  readonly name: string;
  readonly url: string | undefined;
}

/** News of a commit's checks. */
interface CheckNews {
  readonly headSha: string;
  /** It failed, or waits for somebody; anything else is only a sign of life. */
  readonly isBad: boolean;
  /** A whole suite that failed on a branch: what automations look at. */
  readonly failedOn: FailedSuite | null;
}

const BAD: readonly (string | null)[] = ['failure', 'timed_out', 'startup_failure', 'action_required', 'error'];
const FAILED: readonly (string | null)[] = ['failure', 'timed_out', 'startup_failure'];

/** Automations that want checks which failed. */
@Injectable()
export class CheckStarts {
  constructor(
    private readonly starts: TriggerStarts,
    private readonly finds: TriggerFinds,
  ) {}

  /**
   * Who pushed to a branch of the repository itself may write to it: so the commit must be the one that the branch stands at. A fork's branch
   * of the same name is not.
   */
  async begin(repository: TriggeredRepository, { headSha, branch, name, url }: FailedSuite & { readonly headSha: string }): Promise<boolean> {
    const start: Start = {
      repository, actor: null, subject: null, kind: 'failed_check', name: `check:${headSha}`, match: { branch }, facts: { sha: headSha, checks: name, url },
    };
    if (!(await this.starts.isWanted(start)) || (await this.finds.branchHead(repository, branch)) !== headSha) return false;
    return ((await this.starts.automatic(start))?.taskIds.length ?? 0) > 0;
  }
}

/** Checks that ended: on our agent's commits they are watched, on other branches automations may want them. */
@Injectable()
export class CheckTriggerHandler extends GithubEventHandler {
  readonly events = ['check_run', 'check_suite', 'workflow_run', 'status'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly subjects: TriggerSubjectStore,
    private readonly watches: CheckWatchStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly starts: CheckStarts,
    private readonly config: AppConfig,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const news = newsOf(event, String(this.config.github.GITHUB_APP_ID ?? ''));
    if (news === null) return ignored();
    let outcome: WebhookOutcome = ignored();
    for (const repository of await this.gate.repositories(event)) if (await this.hear(repository, news)) outcome = PROCESSED;
    return outcome;
  }

  private async hear(repository: TriggeredRepository, { headSha, isBad, failedOn }: CheckNews): Promise<boolean> {
    const owner = await this.subjects.ownerOfHead(this.unitOfWork.reader, repository.id, headSha);
    if (owner === null) return failedOn !== null && this.starts.begin(repository, { headSha, ...failedOn });
    if (!repository.settings.autoFixChecks) return false;
    const head = { repositoryId: repository.id, taskId: owner.taskId, prNumber: owner.number, headSha };
    await this.unitOfWork.run((tx) => this.watches.touch(tx, head, { opens: isBad, quietSeconds: QUIET_SECONDS }));
    return true;
  }
}

function newsOf({ name, action, payload }: GithubEvent, ownAppId: string): CheckNews | null {
  if (name === 'status') return statusNews(payload);
  const about = payload.at(name);
  const headSha = about.text('head_sha');
  // Our own check says what we know.
  if (action !== 'completed' || headSha === null || about.id('app', 'id') === ownAppId) return null;
  const conclusion = about.text('conclusion');
  const branch = about.text('head_branch');
  const page = payload.text('repository', 'html_url');
  const url = page === null ? undefined : `${page}/commit/${headSha}`;
  const failedOn = name === 'check_suite' && FAILED.includes(conclusion) && branch !== null ? { branch, name: about.text('app', 'name') ?? 'checks', url } : null;
  return { headSha, isBad: BAD.includes(conclusion), failedOn };
}

function statusNews(payload: GithubPayload): CheckNews | null {
  const headSha = payload.text('sha');
  const state = payload.text('state');
  return headSha === null || state === 'pending' ? null : { headSha, isBad: state === 'failure' || state === 'error', failedOn: null };
}
