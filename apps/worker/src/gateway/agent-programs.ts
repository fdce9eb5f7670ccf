import { EXTERNAL_AGENTS, type ExternalAgent } from '@app/agent';
import { AppConfig, Logger } from '@app/common';
import { AgentInstallStore, UnitOfWork } from '@app/domain';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Bubblewrap } from '../sandbox/bubblewrap';
import { preparedFolder } from '../sandbox/sandbox-folder';
import { SandboxUsers } from '../sandbox/sandbox-users';
import { agentFolders, agentProgram, findProgram, UnusableProgram, type AgentProgram } from './agent-program';

/** What was found of an agent. `reason` is a sentence for whoever runs the worker. */
export type FoundAgent = { readonly program: AgentProgram; readonly version: string; readonly latencyMs: number } | { readonly program: null; readonly reason: string };

const REPORT_EVERY_MS = 5 * 60_000;
/** A first start compiles what it imports. */
const VERSION_MS = 60_000;
const VERSION = /\d+\.\d+(?:\.\d+)?[\w.-]*/;
/** What is mounted while a version is asked for. */
const HOME = '/workspace/home';

/** Looks for command-line agents on this machine: asks each for its version, in a sandbox, and tells the catalog. One that is not there is no fault. */
@Injectable()
export class AgentPrograms implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly found = new Map<string, Promise<FoundAgent>>();
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly bubblewrap: Bubblewrap,
    private readonly users: SandboxUsers,
    private readonly uow: UnitOfWork,
    private readonly installs: AgentInstallStore,
    logger: Logger,
  ) {
    this.logger = logger.named('agents');
  }

  onApplicationBootstrap(): void {
    void this.report();
    this.timer = setInterval(() => void this.report(), REPORT_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The same answer until the next round of looking. */
  find(agent: ExternalAgent): Promise<FoundAgent> {
    const known = this.found.get(agent.slug) ?? this.look(agent);
    this.found.set(agent.slug, known);
    return known;
  }

  /** Looks again and tells the catalog. Never throws: the next round comes. */
  private async report(): Promise<void> {
    for (const agent of EXTERNAL_AGENTS) {
      try {
        const looked = this.look(agent);
        this.found.set(agent.slug, looked);
        await this.tell(agent.slug, await looked);
      } catch (error) {
        this.logger.warn('it could not be told whether an agent is here', { agent: agent.slug, err: error });
      }
    }
  }

  private tell(slug: string, found: FoundAgent): Promise<void> {
    if (found.program) this.logger.info('an external agent is here', { agent: slug, version: found.version, path: found.program.path });
    else this.logger.debug('an external agent is not here', { agent: slug, reason: found.reason });
    return this.uow.run((tx) => (found.program ? this.installs.found(tx, slug, found) : this.installs.missing(tx, slug, found.reason)));
  }

  private async look(agent: ExternalAgent): Promise<FoundAgent> {
    const path = this.pathOf(agent);
    if (path === null) return { program: null, reason: `${agent.program} is not on the PATH` };
    try {
      return await this.tried(agent.slug, await agentProgram(path));
    } catch (error) {
      if (!(error instanceof UnusableProgram)) this.logger.warn('an external agent could not be tried', { agent: agent.slug, err: error });
      return { program: null, reason: error instanceof UnusableProgram ? error.message : `${path} could not be tried` };
    }
  }

  private pathOf({ slug, program }: ExternalAgent): string | null {
    const { AIDER_PATH, PATH } = this.config.worker;
    if (slug === 'aider' && AIDER_PATH !== undefined) return existsSync(AIDER_PATH) ? AIDER_PATH : null;
    return findProgram(program, agentFolders(PATH, slug, process.cwd()));
  }

  /** `--version`, where the agent will run: what cannot start there is not installed. */
  private async tried(slug: string, program: AgentProgram): Promise<FoundAgent> {
    const user = await this.users.acquire();
    const folder = join(resolve(this.config.worker.WORKER_DATA_DIR), `agent-${slug}-${process.pid}`);
    const began = performance.now();
    try {
      await preparedFolder(folder, user.identity);
      const run = await this.bubblewrap.run(
        {
          identity: user.identity, mounts: [{ source: folder, target: HOME, writable: true }, ...program.mounts], workingFolder: HOME, env: { HOME }, command: [program.path, '--version'],
          limits: this.bubblewrap.limits(), watchedFolder: null, recordFolder: null,
        },
        { timeoutMs: VERSION_MS, maxOutputBytes: 16_384 },
      );
      const version = VERSION.exec(run.stdout.toString('utf8'))?.[0];
      if (run.exitCode !== 0 || version === undefined) return { program: null, reason: `${program.path} --version ended with ${run.killed ?? run.exitCode ?? 'nothing'}: ${run.stderr.trim().slice(-300)}` };
      return { program, version, latencyMs: Math.round(performance.now() - began) };
    } finally {
      await rm(folder, { recursive: true, force: true });
      await user.release();
    }
  }
}
