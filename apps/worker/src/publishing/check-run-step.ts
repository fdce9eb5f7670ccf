import { attentionSection, verificationTable } from '@app/agent';
import { AppError, Logger } from '@app/common';
import { Injectable } from '@nestjs/common';
import { isRateLimit } from '../workspace/git.errors';
import type { ComposedChange } from './change-composer';
import type { ForgeCheck, ForgeChecks, OpenForge } from './forges/forge';
import { withFreshAccess } from './forges/fresh-access';
import { PublishRecords, type Effect } from './publish-records';
import type { PublishRequest } from './publish-request';

export const CHECK_NAME = 'Async Coder';

export interface CheckTarget {
  readonly forge: OpenForge;
  readonly checks: ForgeChecks;
  readonly change: ComposedChange;
}

const CONCLUSIONS = { passed: 'success', failed: 'failure', skipped: 'neutral' } as const;
const TITLES = { passed: 'The checks passed', failed: 'The checks failed', skipped: 'No checks were run' } as const;

/** Shows what the platform's checks said beside the commit. Its trouble is noted and never fails a publication: branch and pull request are there. */
@Injectable()
export class CheckRunStep {
  constructor(
    private readonly records: PublishRecords,
    private readonly logger: Logger,
  ) {}

  /** The check is at work until the pull request is there. @throws {AppError} when the forge asks to wait */
  async begin(request: PublishRequest, target: CheckTarget): Promise<void> {
    const effect = effectOf(request, target);
    const row = await this.records.intend(request.lease, effect, { sha: target.change.commit.sha, name: CHECK_NAME });
    request.crash('check-run-before');
    if (row.status !== 'done') await this.put(request, target, { ...about(request, target), conclusion: null });
  }

  /** @throws {AppError} when the forge asks to wait */
  async end(request: PublishRequest, target: CheckTarget): Promise<void> {
    const { lease } = request;
    const effect = effectOf(request, target);
    const { conclusion } = about(request, target);
    const put = await this.put(request, target, about(request, target));
    request.crash('check-run-after');
    if (put === null) return;
    await this.records.write(lease, async (tx) => {
      const isNew = await this.records.stores.effects.done(tx, effect.key, { ...put, conclusion });
      const data = { kind: effect.kind, name: effect.name, outcome: conclusion ?? 'done', headSha: target.change.commit.sha, ...(put.url === null ? {} : { url: put.url }) };
      if (isNew) await this.records.append(tx, lease, { type: 'effect.done', data });
    });
  }

  private async put(request: PublishRequest, target: CheckTarget, check: ForgeCheck): Promise<{ readonly url: string | null } | null> {
    try {
      return await withFreshAccess(target.forge, () => target.checks.put(check));
    } catch (error) {
      request.signal.throwIfAborted();
      if (!(error instanceof AppError) || isRateLimit(error)) throw error;
      this.logger.warn('a check run was left out', { taskId: request.task.id, err: error });
      await this.leaveOut(request, target.change, { code: error.code, why: error.detail });
      return null;
    }
  }

  /** Notes, once for each commit, that it has no check and why. */
  async leaveOut(request: PublishRequest, change: ComposedChange, { code, why }: { readonly code: string; readonly why: string }): Promise<void> {
    const { lease } = request;
    const effect = effectOf(request, { change });
    const { effects } = this.records.stores;
    await this.records.write(lease, async (tx) => {
      const known = await effects.find(tx, effect.key);
      await effects.intend(tx, { taskId: lease.taskId, attemptId: lease.attemptId, kind: effect.kind, key: effect.key, intent: { sha: change.commit.sha, name: CHECK_NAME } });
      await effects.failed(tx, effect.key, code);
      if (known?.errorCode !== code) await this.records.append(tx, lease, { type: 'effect.done', data: { kind: effect.kind, name: effect.name, outcome: `left out: ${why}`, headSha: change.commit.sha } });
    });
  }
}

function effectOf({ task }: PublishRequest, { change }: Pick<CheckTarget, 'change'>): Effect {
  return { kind: 'check_run', key: `check_run-${task.id}-${change.commit.sha}`, name: CHECK_NAME };
}

function about({ task, verification }: PublishRequest, { change }: CheckTarget): ForgeCheck {
  const { status, note } = verification;
  const summary = [note ?? '', verificationTable(verification), attentionSection(change.flagged)].filter((text) => text !== '').join('\n\n');
  return { name: CHECK_NAME, headSha: change.commit.sha, externalId: task.id, conclusion: CONCLUSIONS[status], output: { title: TITLES[status], summary } };
}
