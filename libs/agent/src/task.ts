/** Text that belongs to the task and that the first message carries in a block of its own: a plan that people approved, a pull request with its diff and the remarks that were made about it. */
export interface TaskMaterial {
  readonly tag: 'approved-plan' | 'pull-request' | 'earlier-remarks' | 'diff';
  readonly text: string;
}

/** What the agent shall do, whatever the mode. */
export interface TaskFacts {
  readonly id: string;
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
  /** What the task may cost altogether; absent or null: as much as there is. The journal enforces it; the agent is told before. */
  readonly maxCreditsMicro?: bigint | null;
  /** Model calls at most; null: the mode's own limit. */
  readonly maxSteps: number | null;
  /** Tokens that the models may write at most; null or absent: as many as the other limits allow. */
  readonly maxOutputTokens?: number | null;
  /** When the work must be over, milliseconds since 1970. */
  readonly deadline: number;
  /** Advice kept with the repository's settings. */
  readonly instructions: string | null;
  readonly materials?: readonly TaskMaterial[];
}
