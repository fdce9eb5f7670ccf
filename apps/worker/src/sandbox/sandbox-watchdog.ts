import { runProgram } from '@app/common';
import { statfs } from 'node:fs/promises';
import { memoryOf, processTree } from './process-tree';
import type { SandboxProcess } from './sandbox-process';
import type { SandboxSpec } from './sandbox-spec';

const MEMORY_EVERY_MS = 150;
const DISK_EVERY_MS = 500;
/** A folder whose file system lost little space is measured at least this often. */
const MEASURE_EVERY_MS = 5_000;
const MEASURE_DEADLINE_MS = 30_000;

/** Bytes on disk below a folder; hard links count once, links are not followed. Null when it could not be measured. */
export async function sizeOnDisk(folder: string): Promise<number | null> {
  const result = await runProgram('du', { args: ['-s', '-x', '-B1', '--', folder], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeoutMs: MEASURE_DEADLINE_MS, maxOutputBytes: 65_536 });
  const bytes = /^(\d+)/.exec(result.stdout.toString('latin1'))?.[1];
  return bytes === undefined ? null : Number(bytes);
}

/** Ends a sandbox that takes more memory or disk than it may. Stops when the sandbox does. */
export class SandboxWatchdog {
  private readonly timers: NodeJS.Timeout[] = [];
  private measuring = false;
  private lastSize = 0;
  private lastFree: number | null = null;
  private nextMeasureAt = 0;

  constructor(
    private readonly sandbox: SandboxProcess,
    private readonly spec: SandboxSpec,
    private readonly onFault: (error: unknown) => void,
  ) {}

  start(): void {
    this.every(MEMORY_EVERY_MS, () => this.checkMemory());
    if (this.spec.watchedFolder) this.every(DISK_EVERY_MS, () => this.checkDisk(this.spec.watchedFolder ?? ''));
    void this.sandbox.ended.then(() => this.timers.forEach((timer) => clearInterval(timer)));
  }

  private every(ms: number, check: () => Promise<void>): void {
    const timer = setInterval(() => void check().catch(this.onFault), ms);
    timer.unref();
    this.timers.push(timer);
  }

  private async checkMemory(): Promise<void> {
    const { initPid } = this.sandbox;
    if (initPid === null || this.sandbox.killed) return;
    const limit = this.spec.limits.memoryBytes;
    if (memoryOf(processTree(initPid), limit) > limit) await this.sandbox.kill('memory');
  }

  /** Measuring walks the whole tree, so it is done when the file system lost enough space to matter, and now and then. */
  private async checkDisk(folder: string): Promise<void> {
    if (this.measuring || this.sandbox.killed) return;
    this.measuring = true;
    try {
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const lost = this.lastFree === null ? Infinity : this.lastFree - free;
      const now = performance.now();
      if (now < this.nextMeasureAt && lost < (this.allowedBytes() - this.lastSize) / 2) return;
      const size = await sizeOnDisk(folder);
      this.lastFree = free;
      this.lastSize = size ?? this.lastSize;
      this.nextMeasureAt = performance.now() + Math.max(MEASURE_EVERY_MS, 4 * (performance.now() - now));
      if (this.lastSize > this.allowedBytes() && !this.sandbox.killed) await this.sandbox.kill('disk');
    } finally {
      this.measuring = false;
    }
  }

  private allowedBytes(): number {
    return Math.max(this.spec.limits.diskBytes, this.spec.toleratedBytes ?? 0);
  }
}
