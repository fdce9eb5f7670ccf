import type { Clock } from '@app/common';
import type { ModelCapabilities, ModelProvider } from '@app/providers';
import type { Journal } from './journal';
import type { Workspace } from './workspace';

/** The modes whose agent work is built. */
export type AgentMode = 'code' | 'ask';

/** The model of this run and what is known about it. */
export interface ModelInUse {
  readonly provider: ModelProvider;
  /** The vendor's id. */
  readonly model: string;
  readonly capabilities: ModelCapabilities;
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
}

/** What the agent shall do. */
export interface AgentTask {
  readonly id: string;
  readonly mode: AgentMode;
  readonly title: string;
  readonly prompt: string;
  readonly repository: string;
  readonly branch: string;
  readonly baseSha: string;
  /** Check commands set on the task or, failing that, the repository; empty: discover them. */
  readonly verifyCommands: readonly string[];
  readonly verifyCommandsFrom: 'task' | 'repository' | null;
  readonly requireVerification: boolean;
  /** Whether CI files (.github/workflows ...) may be written. */
  readonly allowCiFiles: boolean;
  /** Model calls at most; null: the mode's own limit. */
  readonly maxSteps: number | null;
  /** When the work must be over, milliseconds since 1970. */
  readonly deadline: number;
  /** Advice kept with the repository's settings. */
  readonly instructions: string | null;
}

/** All that an agent run reaches the world through. */
export interface AgentHost {
  readonly task: AgentTask;
  readonly model: ModelInUse;
  readonly workspace: Workspace;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Fires with a `StopError`: cancel, pause, lease_lost, shutdown. */
  readonly signal: AbortSignal;
}
