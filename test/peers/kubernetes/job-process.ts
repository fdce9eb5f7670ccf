// A Job's one pod, as a process on this machine.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { SentContainer, SentJob } from './object-faults';

/** What stands in for the cluster around a pod. */
export interface Cluster {
  /** Folder that stands for the image's /app. */
  readonly workdir: string;
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the node changes of a pod's environment: paths that exist only in its containers. */
  readonly node: (job: string) => Readonly<Record<string, string>>;
  /** File that a Job's log goes to. */
  readonly logFile: (job: string) => string;
}

/** Why a pod does not run. */
export type PodTrouble = 'unschedulable' | 'image';

export class JobProcess {
  private child: ChildProcess | null = null;
  private exitCode: number | null = null;
  private killTimer: NodeJS.Timeout | null = null;

  constructor(
    readonly job: SentJob,
    private readonly cluster: Cluster,
    private trouble: PodTrouble | null,
  ) {
    if (trouble === null) this.start();
  }

  get name(): string {
    return this.job.metadata.name ?? '';
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get hasEnded(): boolean {
    return this.exitCode !== null;
  }

  /** The Job's status. Never tried again: nobody sends another backoffLimit than 0. */
  get status(): object {
    if (this.exitCode === null) return { active: 1, ready: this.child === null ? 0 : 1 };
    return this.exitCode === 0 ? { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } : { failed: 1, conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] };
  }

  get pod(): object {
    const metadata = { name: `${this.name}-x7k2p`, labels: { ...this.job.spec.template.metadata?.labels, 'batch.kubernetes.io/job-name': this.name } };
    if (this.trouble === 'unschedulable') {
      return { metadata, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available: 3 Insufficient memory.' }] } };
    }
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "async-coder/worker"' };
    if (this.trouble === 'image') return { metadata, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }], containerStatuses: [{ state: { waiting } }] } };
    return { metadata, status: { phase: this.exitCode === null ? 'Running' : this.exitCode === 0 ? 'Succeeded' : 'Failed', conditions: [{ type: 'PodScheduled', status: 'True' }] } };
  }

  /** The node dies under it. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** Ends it as a kubelet does: SIGTERM, and after the grace period SIGKILL. */
  end(): void {
    const seconds = this.job.spec.template.spec.terminationGracePeriodSeconds ?? 30;
    if (this.child === null || this.exitCode !== null) return;
    this.child.kill('SIGTERM');
    this.killTimer ??= setTimeout(() => this.kill(), seconds * 1_000);
  }

  private start(): void {
    const container = this.job.spec.template.spec.containers[0]!;
    const words = [...(container.command ?? []), ...(container.args ?? [])];
    const program = words[0] === 'node' ? process.execPath : words[0]!;
    // Like a container, it has no environment but its own.
    this.child = spawn(program, words.slice(1), { cwd: this.cluster.workdir, env: { PATH: process.env['PATH'], ...this.environment(container), ...this.cluster.node(this.name) }, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.cluster.logFile(this.name));
    this.child.stdout?.pipe(log, { end: false });
    this.child.stderr?.pipe(log, { end: false });
    this.child.once('error', () => (this.exitCode = 127));
    this.child.once('close', () => log.end());
    this.child.once('exit', (code) => {
      if (this.killTimer) clearTimeout(this.killTimer);
      this.exitCode = code ?? 137;
    });
  }

  /** Variables of `envFrom`, over which those of `env` win. */
  private environment({ env = [], envFrom = [] }: SentContainer): Record<string, string> {
    const all: Record<string, string> = {};
    for (const { configMapRef, secretRef } of envFrom) {
      const source = configMapRef ? this.cluster.configMaps[configMapRef.name] : this.cluster.secrets[secretRef?.name ?? ''];
      if (!source) throw new Error(`CreateContainerConfigError: ${JSON.stringify(configMapRef ?? secretRef)} not found`);
      Object.assign(all, source);
    }
    for (const { name, value = '' } of env) all[name] = value;
    return all;
  }
}
