import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** GitHub's own settings as far as a client can tell them; receive.hideRefs keeps pushes away from pull requests' refs. */
const CONFIG = `[safe]
	directory = *
[init]
	defaultBranch = main
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	advertisePushOptions = false
	hideRefs = refs/pull
	autogc = false
[gc]
	auto = 0
[core]
	quotePath = false
`;

const LARGEST_OUTPUT = 64 * 1024 * 1024;

export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GitOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Real git over the bare repositories of the data folder; the person's own settings of git play no part. */
export class Git {
  readonly env: Readonly<Record<string, string>>;

  constructor(dataFolder: string) {
    mkdirSync(dataFolder, { recursive: true });
    const config = join(dataFolder, 'gitconfig');
    writeFileSync(config, CONFIG);
    this.env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: dataFolder, LC_ALL: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: config, GIT_TERMINAL_PROMPT: '0' };
  }

  /** Whatever the exit code. */
  try(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    return new Promise((resolve) => {
      const child = execFile('git', args, { env: { ...this.env, ...options.env }, maxBuffer: LARGEST_OUTPUT }, (error, stdout, stderr) =>
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr }),
      );
      child.stdin?.on('error', () => undefined).end(options.input ?? '');
    });
  }

  /** Standard output. @throws {Error} with what git said. */
  async run(args: readonly string[], options: GitOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, options);
    if (code !== 0) throw new Error(`git ${args.slice(0, 4).join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  spawn(args: readonly string[], env: Readonly<Record<string, string>>): ReturnType<typeof spawn> {
    return spawn('git', args, { env: { ...this.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  }
}
