import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/**
 * The process and all its descendants. Below the first process of a pid namespace nothing is missed: orphans go to it.
 * Reads are synchronous: these are a few small kernel files, and a tree that is read slowly has changed meanwhile.
 */
export function processTree(root: number): number[] {
  const found = [root];
  for (let i = 0; i < found.length; i++) found.push(...childrenOf(found[i] ?? 0));
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    const children: number[] = [];
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim();
      if (list !== '') children.push(...list.split(' ').map(Number));
    }
    return children;
  } catch {
    return [];
  }
}

/** Sandboxes of this machine, also ones that are just starting, whose command line names the folder. */
export function sandboxesIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => {
    const words = commandLine(pid).split('\0');
    return words.includes('bwrap') && words.some((word) => word.startsWith(folder));
  });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Bytes of memory in use by the processes; pages shared between them count once when the plain sum is above `enough`. */
export function memoryOf(pids: readonly number[], enough: number): number {
  const plain = sum(pids, (pid) => kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m));
  return plain <= enough ? plain : Math.min(plain, sum(pids, (pid) => proportional(pid)));
}

/** Processes and threads together, as the kernel counts them against the limit; those that ended and were not waited for count, too. */
export function threadsOf(pids: readonly number[]): number {
  return sum(pids, (pid) => numberIn(`/proc/${pid}/status`, /^Threads:\s+(\d+)/m));
}

/** Descriptors that are looked at: more than ordinary programs hold, few enough to look at them twice a second. */
const MOST_DESCRIPTORS = 20_000;

/** Bytes that only open descriptors keep: files without a name, on disk or in memory. Nobody who measures folders or processes sees them. */
export function heldOpen(pids: readonly number[]): { disk: number; memory: number } {
  const held = { disk: 0, memory: 0 };
  const seen = new Set<string>();
  let looked = 0;
  for (const pid of pids) {
    for (const path of descriptorsOf(pid)) {
      looked += 1;
      if (looked > MOST_DESCRIPTORS) return held;
      const kind = namelessKind(path);
      const stat = kind && statOf(path);
      if (!stat || seen.has(`${stat.dev}:${stat.ino}`)) continue;
      seen.add(`${stat.dev}:${stat.ino}`);
      held[kind] += stat.blocks * 512;
    }
  }
  return held;
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`);
  } catch {
    return [];
  }
}

function namelessKind(path: string): 'disk' | 'memory' | null {
  try {
    const target = readlinkSync(path);
    if (target.startsWith('/memfd:')) return 'memory';
    return target.startsWith('/') && target.endsWith(' (deleted)') ? 'disk' : null;
  } catch {
    return null;
  }
}

function statOf(path: string): { dev: number; ino: number; blocks: number } | null {
  try {
    const stat = statSync(path);
    return stat.isFile() ? stat : null;
  } catch {
    return null;
  }
}

function proportional(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m) || kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}

function kilobytes(path: string, pattern: RegExp): number {
  return numberIn(path, pattern) * 1024;
}

function numberIn(path: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(path, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
