import type { AgentHost } from './host';
import type { AgentOutcome } from './journal';

/** Runs an agent on a task until it ends, resuming from what the journal holds. */
export abstract class AgentEngine {
  /**
   * The outcome, which was recorded before it is returned.
   * @throws {StopError} when the host's signal fired or the lease was lost: work is kept up to the last checkpoint.
   * @throws {ModelError} of kind rate_limit (with a wait beyond 60 s) or transient when the tries are used up.
   */
  abstract run(host: AgentHost): Promise<AgentOutcome>;
}
