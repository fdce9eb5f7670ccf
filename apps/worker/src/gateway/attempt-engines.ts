import { externalAgent, ExternalEngine, LoopEngine, type AgentEngine } from '@app/agent';
import { Clock } from '@app/common';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from '../attempts/attempt-failure';
import type { GitWorkspace } from '../workspace/git-workspace';
import { AgentPrograms } from './agent-programs';
import { AgentRunners } from './sandboxed-runner';

/** Which engine does an attempt's work: our loop, or the command-line agent that the task's model names. */
@Injectable()
export class AttemptEngines {
  private readonly loop = new LoopEngine();

  constructor(
    private readonly programs: AgentPrograms,
    private readonly runners: AgentRunners,
    readonly clock: Clock,
  ) {}

  /** @param agent the external agent's provider; null: our own loop. @throws {AttemptFailure} provider_unavailable: this worker does not have it */
  async of(agent: string | null, workspace: GitWorkspace): Promise<AgentEngine> {
    if (agent === null) return this.loop;
    const adapter = externalAgent(agent);
    if (adapter === null) throw new AttemptFailure('provider_unavailable', `There is no agent called ${agent}.`);
    const found = await this.programs.find(adapter);
    if (found.program === null) throw new AttemptFailure('provider_unavailable', `${agent} is not installed on this worker: ${found.reason}.`, true);
    return new ExternalEngine(adapter, this.runners.in(workspace, found.program));
  }
}
