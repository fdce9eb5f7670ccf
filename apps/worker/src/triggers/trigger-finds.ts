import type { TriggeredRepository } from '@app/domain';
import { GithubIssues } from '@app/github';
import { Injectable } from '@nestjs/common';
import { TriggerGate } from './trigger-gate';

/** Facts that an event leaves out and GitHub is asked for. */
@Injectable()
export class TriggerFinds {
  constructor(
    private readonly gate: TriggerGate,
    private readonly issues: GithubIssues,
  ) {}

  changedPaths(repository: TriggeredRepository, number: number): Promise<string[]> {
    return this.gate.at(repository, { metadata: 'read', pull_requests: 'read' }, (access) => this.issues.changedPaths(access, number));
  }

  pullRequest(repository: TriggeredRepository, number: number): ReturnType<GithubIssues['pullRequest']> {
    return this.gate.at(repository, { metadata: 'read', pull_requests: 'read' }, (access) => this.issues.pullRequest(access, number));
  }

  branchHead(repository: TriggeredRepository, branch: string): Promise<string | null> {
    return this.gate.at(repository, { metadata: 'read', contents: 'read' }, (access) => this.issues.branchHead(access, branch));
  }
}
