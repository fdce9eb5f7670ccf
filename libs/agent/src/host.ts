import type { Clock } from '@app/common';
import type { Circuit, ModelCapabilities, ModelProvider } from '@app/providers';
import type { Journal } from './journal';
import type { AgentMode } from './modes';
import type { ReviewDesk } from './review/review-desk';
import type { TaskFacts } from './task';
import type { Workspace } from './workspace';

/** The model of this run and what is known about it. */
export interface ModelInUse {
  readonly provider: ModelProvider;
  /** Our name of the model: the journal knows by it what a call costs. Absent: the vendor's id. */
  readonly name?: string;
  /** The vendor's id. */
  readonly model: string;
  readonly capabilities: ModelCapabilities;
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** Whether its vendor is to be left alone for a moment. */
  readonly circuit?: Circuit;
  /** The models that go on, best first, when this one does not answer; absent: none. */
  readonly fallbacks?: readonly ModelInUse[];
}

/** What the agent shall do. */
export interface AgentTask extends TaskFacts {
  readonly mode: AgentMode;
}

/** All that an agent run reaches the world through. */
export interface AgentHost {
  readonly task: AgentTask;
  readonly model: ModelInUse;
  /** A small, cheap model that writes summaries of long histories; absent: the model itself does. */
  readonly summariser?: ModelInUse;
  readonly workspace: Workspace;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Fires with a `StopError`: cancel, pause, lease_lost, shutdown. */
  readonly signal: AbortSignal;
  /** Exact secrets known to this task: taken out of everything that is recorded or shown to the model. */
  readonly secrets?: readonly string[];
  /** In mode pr_review. */
  readonly review?: ReviewDesk;
}
