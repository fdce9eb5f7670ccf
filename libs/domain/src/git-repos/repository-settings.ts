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
  autoFixChecks?: boolean;
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
};

/** All settings, with defaults for what was never set. */
export function repositorySettings(stored: RepositorySettings): Required<RepositorySettings> {
  return { ...DEFAULT_REPOSITORY_SETTINGS, ...stored };
}
