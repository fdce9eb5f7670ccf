import type { ExecResult } from '../workspace';
import type { ExternalAgent, ModelDoor, AgentCommand } from './external-agent';
import type { ModelGate } from './model-gate';

/** One run of a program in the sandbox, beside a door to its model. */
export interface ProgramRun {
  readonly agent: ExternalAgent;
  readonly gate: ModelGate;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  command(door: ModelDoor): AgentCommand;
}

/** Runs external agents where they can do no harm: files of one workspace, no network, and a door to one model. Given by the host. */
export abstract class AgentRunner {
  /**
   * Runs a program to its end; the door is shut and everything inside is gone when this returns, whatever happened.
   * @throws the signal's reason when it fired
   */
  abstract run(run: ProgramRun, signal: AbortSignal): Promise<ExecResult>;
}
