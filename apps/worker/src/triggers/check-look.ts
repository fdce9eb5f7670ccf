import { AppError, GITHUB_PERMISSION_MISSING } from '@app/common';
import type { DueCheckWatch } from '@app/domain';
import { GithubChecks, GithubCheckLogs, GithubIssues, type CheckFacts, type GithubRepoAccess, type TokenPermissions } from '@app/github';
import { quoteUntrusted, type QuotedText } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { LOG_CHARACTERS, LOGS_READ, NAMES_SHOWN } from './ci-tunables';
import { TriggerGate } from './trigger-gate';

/** How a watched commit stands. `over`: it is no longer the head of an open pull request. */
export type CheckLook =
  | { readonly kind: 'over' | 'passed' | 'running' }
  | { readonly kind: 'waiting'; readonly names: readonly string[] }
  | { readonly kind: 'failed'; readonly names: readonly string[]; readonly message: string };

const ALL: TokenPermissions = { metadata: 'read', pull_requests: 'read', checks: 'read', statuses: 'read', actions: 'read' };
const LEAST: TokenPermissions = { metadata: 'read', pull_requests: 'read', checks: 'read' };

/** Reads a commit's checks at GitHub. */
@Injectable()
export class CheckLooks {
  constructor(
    private readonly gate: TriggerGate,
    private readonly issues: GithubIssues,
    private readonly checks: GithubChecks,
    private readonly logs: GithubCheckLogs,
  ) {}

  async look(watch: DueCheckWatch & { installationId: string; githubRepoId: string }, ownAppId: string): Promise<CheckLook> {
    const at = { installationId: watch.installationId, githubRepoId: watch.githubRepoId, fullName: '' };
    const work = (access: GithubRepoAccess): Promise<CheckLook> => this.read(access, watch, ownAppId);
    try {
      return await this.gate.at(at, ALL, work);
    } catch (error) {
      // An App without the rights to statuses and logs still says which checks failed.
      if (error instanceof AppError && error.kind === GITHUB_PERMISSION_MISSING) return this.gate.at(at, LEAST, work);
      throw error;
    }
  }

  private async read(access: GithubRepoAccess, { prNumber, headSha }: DueCheckWatch, ownAppId: string): Promise<CheckLook> {
    const pull = await this.issues.pullRequest(access, prNumber);
    if (!pull?.isOpen || pull.headSha !== headSha) return { kind: 'over' };
    const checks = (await this.checks.ofCommit(access, headSha)).checks.filter(({ appId }) => appId !== ownAppId);
    const of = (state: CheckFacts['state']): CheckFacts[] => checks.filter((check) => check.state === state);
    const failed = of('failed');
    if (of('pending').length > 0) return { kind: 'running' };
    if (failed.length > 0) return { kind: 'failed', names: namesOf(failed), message: await this.message(access, headSha, failed) };
    return of('waiting').length > 0 ? { kind: 'waiting', names: namesOf(of('waiting')) } : { kind: 'passed' };
  }

  private async message(access: GithubRepoAccess, headSha: string, failed: readonly CheckFacts[]): Promise<string> {
    const texts: QuotedText[] = [{ label: 'Names of the failed checks', text: failed.slice(0, NAMES_SHOWN).map(({ name, conclusion }) => `${name}: ${conclusion}`).join('\n') }];
    for (const check of failed.slice(0, LOGS_READ)) {
      const tail = await this.logs.tail(access, check, LOG_CHARACTERS);
      if (tail !== null) texts.push({ label: `End of the log of failed check ${texts.length}`, text: tail });
    }
    const begin = `${failed.length === 1 ? 'A check' : `${failed.length} checks`} failed on your commit ${headSha.slice(0, 12)}. Find the cause and repair it with the smallest change; if it is not due to your changes, say so and change nothing.`;
    return `${begin}\n\n${quoteUntrusted(texts)}`;
  }
}

function namesOf(checks: readonly CheckFacts[]): string[] {
  return checks.slice(0, NAMES_SHOWN).map(({ name }) => name.slice(0, 200));
}
