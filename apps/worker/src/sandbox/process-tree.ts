import { readdirSync, readFileSync } from 'node:fs';

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

function proportional(pid: number): number {
  return kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m) || kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}

function kilobytes(path: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(path, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
