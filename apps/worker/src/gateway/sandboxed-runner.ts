import { AGENT_FOLDER, AgentRunner, type AgentCommand, type ExecResult, type FileEntry, type ProgramRun } from '@app/agent';
import { Logger } from '@app/common';
import { Injectable } from '@nestjs/common';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FORWARDER_FILE } from '../egress/sandbox-door';
import { Bubblewrap } from '../sandbox/bubblewrap';
import { SANDBOX_PATHS, type SandboxMount, type SandboxSpec } from '../sandbox/sandbox-spec';
import type { GitWorkspace } from '../workspace/git-workspace';
import { REPO } from '../workspace/file-tools/protocol';
import type { AgentProgram } from './agent-program';
import { launchScript } from './launch-script';
import { ModelGateway } from './model-gateway';
import { OutputTail } from './output-tail';

const FORWARDER = `/opt/async-coder/tools/${basename(FORWARDER_FILE)}`;
/** Read whole before it begins: from a pipe bash takes a script byte by byte. */
const RUN_STDIN = ['bash', '--norc', '-c', 'eval "$(cat)"'];
const DOOR = '/opt/async-coder/door';
const PORT = 4180;
/** An agent that writes more than this is out of its mind. */
const ENDLESS_BYTES = 64 * 1024 * 1024;
const ENV: Readonly<Record<string, string>> = {
  PATH: SANDBOX_PATHS.path, HOME: '/workspace/home', USER: 'agent', TMPDIR: '/tmp', LANG: 'C.UTF-8', TERM: 'dumb', NO_COLOR: '1', PAGER: 'cat', GIT_PAGER: 'cat', CI: 'true', GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'agent', GIT_AUTHOR_EMAIL: 'agent@sandbox', GIT_COMMITTER_NAME: 'agent', GIT_COMMITTER_EMAIL: 'agent@sandbox', HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '*',
  // Where nothing may be written, a program that wants a name in the repository's settings would not start.
  GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'agent', GIT_CONFIG_KEY_1: 'user.email', GIT_CONFIG_VALUE_1: 'agent@sandbox',
};

type Spec = Omit<SandboxSpec, 'command'>;

/** Makes runners of external agents for workspaces. */
@Injectable()
export class AgentRunners {
  constructor(
    private readonly bubblewrap: Bubblewrap,
    private readonly logger: Logger,
  ) {}

  in(workspace: GitWorkspace, program: AgentProgram): AgentRunner {
    return new SandboxedRunner({ bubblewrap: this.bubblewrap, logger: this.logger.named('external-agent'), workspace, program });
  }
}

interface RunnerParts {
  readonly bubblewrap: Bubblewrap;
  readonly logger: Logger;
  readonly workspace: GitWorkspace;
  readonly program: AgentProgram;
}

/** One turn, one sandbox beside the agent's own: the same files, the program read-only, and the door to its model, which is there for this turn alone. */
class SandboxedRunner extends AgentRunner {
  constructor(private readonly parts: RunnerParts) {
    super();
  }

  run(run: ProgramRun, signal: AbortSignal): Promise<ExecResult> {
    return this.parts.workspace.beside((spec) => this.withDoor(spec, run, signal));
  }

  private async withDoor(spec: Spec, run: ProgramRun, signal: AbortSignal): Promise<ExecResult> {
    const folder = await mkdtemp(join(spec.recordFolder ?? '', 'door-'));
    await chmod(folder, 0o711);
    const gateway = await ModelGateway.open(folder, spec.identity, run.gate);
    try {
      const command = run.command({ origin: `http://127.0.0.1:${PORT}`, token: gateway.token });
      const masks = await this.masks(folder, (await this.parts.workspace.list('')).filter(({ path }) => run.agent.masked.test(path)));
      const keep = (await this.parts.workspace.base.list('')).map(({ path }) => path);
      const forwarder = await this.parts.bubblewrap.place(FORWARDER_FILE);
      const mounts = [...spec.mounts, ...this.parts.program.mounts, ...masks, { source: folder, target: DOOR, writable: false }, { source: forwarder, target: FORWARDER, writable: false }];
      return await this.inSandbox({ ...spec, mounts, env: {}, command: RUN_STDIN }, this.script(run, command, keep), { run, signal });
    } finally {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** An empty file or folder in front of each that would change how the program works; a link is left alone. */
  private async masks(folder: string, entries: readonly FileEntry[]): Promise<SandboxMount[]> {
    const empty = { file: join(folder, 'empty'), folder: join(folder, 'nothing') };
    await writeFile(empty.file, '');
    await chmod(empty.file, 0o644);
    await mkdir(empty.folder, { mode: 0o755 });
    return entries.flatMap(({ path, kind }) => (kind !== 'link' ? [{ source: empty[kind], target: `${REPO}/${path}`, writable: false }] : []));
  }

  private script({ agent }: ProgramRun, command: AgentCommand, keep: readonly string[]): string {
    return launchScript({
      socket: `${DOOR}/model.sock`, port: PORT, forwarder: FORWARDER, node: SANDBOX_PATHS.node, folder: AGENT_FOLDER, files: command.files, workingFolder: REPO, program: this.parts.program.path, args: command.args,
      env: { ...ENV, PATH: `${this.parts.program.binFolder}:${SANDBOX_PATHS.path}`, ...command.env }, stdin: command.stdin ?? '', leftovers: agent.leftovers, keep,
    });
  }

  private async inSandbox(spec: SandboxSpec, script: string, { run, signal }: { run: ProgramRun; signal: AbortSignal }): Promise<ExecResult> {
    signal.throwIfAborted();
    const began = performance.now();
    const sandbox = await this.parts.bubblewrap.start(spec);
    const kill = (why: 'stopped' | 'timeout'): void => void sandbox.kill(why).catch((error: unknown) => this.parts.logger.error('a sandbox did not end', { err: error }));
    const stop = (): void => kill('stopped');
    signal.addEventListener('abort', stop, { once: true });
    const deadline = setTimeout(() => kill('timeout'), run.timeoutMs);
    const output = new OutputTail(run.maxOutputBytes, () => output.bytes > ENDLESS_BYTES && kill('stopped'));
    sandbox.stdout.read((chunk) => output.add(chunk));
    sandbox.stderr.read((chunk) => output.add(chunk));
    try {
      sandbox.stdin.end(script);
      const { exitCode, killed } = await sandbox.ended;
      await sandbox.kill('stopped');
      signal.throwIfAborted();
      const why = killed === 'memory' || killed === 'disk' || killed === 'timeout' ? killed : killed === null ? null : 'output';
      return { exitCode, output: output.text(), outputBytes: output.bytes, truncated: output.isCut, durationMs: Math.round(performance.now() - began), killed: why };
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', stop);
    }
  }
}
