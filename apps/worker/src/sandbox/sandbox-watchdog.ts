import { runProgram } from '@app/common';
import { statfs } from 'node:fs/promises';
import { heldOpen, memoryOf, processTree, threadsOf } from './process-tree';
import type { SandboxProcess } from './sandbox-process';
import type { SandboxSpec } from './sandbox-spec';

const MEMORY_EVERY_MS = 150;
const DISK_EVERY_MS = 500;
/** At its limit of processes for so long, a sandbox does not get out of it by itself: it is a fork bomb, or its commands fail anyway. */
const FULL_MS = 3_000;
const FULL_SHARE = 0.9;
/** A folder whose file system lost little space is measured at least this often. */
const MEASURE_EVERY_MS = 5_000;
const MEASURE_DEADLINE_MS = 30_000;

/** What a folder takes of its file system. */
export interface FolderSize {
  readonly bytes: number;
  readonly files: number;
}

/** Bytes on disk and files below a folder; hard links count once, links are not followed. Null when it could not be measured. */
export async function sizeOnDisk(folder: string): Promise<FolderSize | null> {
  const [bytes, files] = await Promise.all([measured(folder, '-B1'), measured(folder, '--inodes')]);
  return bytes === null || files === null ? null : { bytes, files };
}

async function measured(folder: string, what: '-B1' | '--inodes'): Promise<number | null> {
  const result = await runProgram('du', { args: ['-s', '-x', what, '--', folder], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeoutMs: MEASURE_DEADLINE_MS, maxOutputBytes: 65_536 });
  const found = /^(\d+)/.exec(result.stdout.toString('latin1'))?.[1];
  return found === undefined ? null : Number(found);
}

/** Ends a sandbox that takes more memory, disk, files or processes than it may. Stops when the sandbox does. */
export class SandboxWatchdog {
  private readonly timers: NodeJS.Timeout[] = [];
  private measuring = false;
  private lastSize: FolderSize = { bytes: 0, files: 0 };
  private lastFree: FolderSize | null = null;
  private nextMeasureAt = 0;
  private fullSince: number | null = null;

  constructor(
    private readonly sandbox: SandboxProcess,
    private readonly spec: SandboxSpec,
    private readonly onFault: (error: unknown) => void,
  ) {}

  start(): void {
    this.every(MEMORY_EVERY_MS, () => this.checkProcesses());
    this.every(DISK_EVERY_MS, () => this.checkHeldOpen());
    if (this.spec.watchedFolder) this.every(DISK_EVERY_MS, () => this.checkDisk(this.spec.watchedFolder ?? ''));
    void this.sandbox.ended.then(() => this.timers.forEach((timer) => clearInterval(timer)));
  }

  private every(ms: number, check: () => Promise<void>): void {
    const timer = setInterval(() => void check().catch(this.onFault), ms);
    timer.unref();
    this.timers.push(timer);
  }

  private async checkProcesses(): Promise<void> {
    const { initPid } = this.sandbox;
    if (initPid === null || this.sandbox.killed) return;
    const { memoryBytes, processes } = this.spec.limits;
    const pids = processTree(initPid);
    if (memoryOf(pids, memoryBytes) > memoryBytes) return this.sandbox.kill('memory');
    if (threadsOf(pids) < processes * FULL_SHARE) this.fullSince = null;
    else if (performance.now() - (this.fullSince ??= performance.now()) > FULL_MS) await this.sandbox.kill('processes');
  }

  /** Files without a name: a folder's size does not show them, nor does a process's memory. */
  private async checkHeldOpen(): Promise<void> {
    const { initPid } = this.sandbox;
    if (initPid === null || this.sandbox.killed) return;
    const { disk, memory } = heldOpen(processTree(initPid));
    if (memory > this.spec.limits.memoryBytes) await this.sandbox.kill('memory');
    else if (disk > 0 && disk + this.lastSize.bytes > this.allowed().bytes) await this.sandbox.kill('disk');
  }

  /** Measuring walks the whole tree, so it is done when the file system lost enough to matter, and now and then. */
  private async checkDisk(folder: string): Promise<void> {
    if (this.measuring || this.sandbox.killed) return;
    this.measuring = true;
    try {
      const { bavail, bsize, ffree } = await statfs(folder);
      const free = { bytes: bavail * bsize, files: ffree };
      const now = performance.now();
      if (now < this.nextMeasureAt && !this.lostMuch(free)) return;
      const size = await sizeOnDisk(folder);
      this.lastFree = free;
      this.lastSize = size ?? this.lastSize;
      this.nextMeasureAt = performance.now() + Math.max(MEASURE_EVERY_MS, 4 * (performance.now() - now));
      const allowed = this.allowed();
      if (this.sandbox.killed) return;
      if (this.lastSize.bytes > allowed.bytes) await this.sandbox.kill('disk');
      else if (this.lastSize.files > allowed.files) await this.sandbox.kill('files');
    } finally {
      this.measuring = false;
    }
  }

  /** Half of what the sandbox may still take, of space or of files. */
  private lostMuch(free: FolderSize): boolean {
    if (this.lastFree === null) return true;
    const allowed = this.allowed();
    return this.lastFree.bytes - free.bytes >= (allowed.bytes - this.lastSize.bytes) / 2 || this.lastFree.files - free.files >= (allowed.files - this.lastSize.files) / 2;
  }

  private allowed(): FolderSize {
    const { limits, toleratedBytes = 0, toleratedFiles = 0 } = this.spec;
    return { bytes: Math.max(limits.diskBytes, toleratedBytes), files: Math.max(limits.files, toleratedFiles) };
  }
}
