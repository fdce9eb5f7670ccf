/** How tasks treat a repository; kept in `repositories.settings`. Absent = the default. */
export interface RepositorySettings {
  /** Shell command that prepares a fresh workspace, such as "npm ci". */
  setupCommand?: string | null;
  /** What becomes of a task whose set-up command fails: it ends (default), or the agent works with what there is. */
  setupFailure?: 'fail' | 'continue';
  /** Hosts that set-up may reach beside the deployment's own list: "npm.example.com", "*.example.com", "example.com:8443". */
  allowedHosts?: string[];
  /** Whether the agent's own commands reach the network: not at all (default), or the hosts that set-up reaches. */
  agentNetwork?: 'none' | 'allow-list';
  /** Checks that the platform runs; empty or absent: it looks for the project's own. */
  verifyCommands?: string[];
  /** A task whose checks fail opens no pull request. */
  requireVerification?: boolean;
  /** The agent may change workflow and CI files. */
  allowCiFiles?: boolean;
  /** Changes to files that run code or decide what runs: CI files are left out (default), everything waits for a person's approval, or all is published and named. */
  protectedPaths?: 'refuse' | 'approve' | 'flag';
  /** Commits say "[skip ci]". */
  skipCi?: boolean;
  /** Advice that every task's agent reads. */
  instructions?: string | null;
  autoReview?: boolean;
  reviewOnPush?: boolean;
  reviewLevel?: 'light' | 'standard' | 'thorough';
  minSeverity?: 'low' | 'medium' | 'high' | 'critical';
  maxComments?: number;
  /** Checks that fail on our agent's pull requests become messages to its task. */
  autoFixChecks?: boolean;
  /** The label that makes an issue a task, and asks for a review of a pull request; null: none does. */
  taskLabel?: string | null;
  /** Which comments on our agent's pull requests are messages to its task: all of people with write access (default), or those that mention it. */
  answerComments?: 'all' | 'mentions';
  /** A review that requests changes on our agent's pull request is a message to its task. */
  answerReviews?: boolean;
}

export const DEFAULT_REPOSITORY_SETTINGS: Required<RepositorySettings> = {
  setupCommand: null,
  setupFailure: 'fail',
  allowedHosts: [],
  agentNetwork: 'none',
  verifyCommands: [],
  requireVerification: false,
  allowCiFiles: false,
  protectedPaths: 'refuse',
  skipCi: false,
  instructions: null,
  autoReview: false,
  reviewOnPush: false,
  reviewLevel: 'standard',
  minSeverity: 'medium',
  maxComments: 6,
  autoFixChecks: false,
  taskLabel: 'async-coder',
  answerComments: 'all',
  answerReviews: true,
};

/** All settings, with defaults for what was never set. */
export function repositorySettings(stored: RepositorySettings): Required<RepositorySettings> {
  return { ...DEFAULT_REPOSITORY_SETTINGS, ...stored };
}
