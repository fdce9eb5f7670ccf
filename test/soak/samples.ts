import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One look at everything that could grow. */
export interface Sample {
  /** Minutes since the beginning. */
  readonly minute: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Resident memory in MB and open descriptors of a process. */
export function ofProcess(pid: number): { rssMb: number; descriptors: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** Files below a folder, and what they take on disk. What goes while it is looked at does not count. */
export function ofFolder(folder: string): { files: number; mb: number } {
  let files = 0;
  let bytes = 0;
  const look = (path: string): void => {
    for (const entry of entriesOf(path)) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) look(inside);
      if (!entry.isFile()) continue;
      files += 1;
      bytes += statSync(inside, { throwIfNoEntry: false })?.size ?? 0;
    }
  };
  look(folder);
  return { files, mb: bytes / 1_048_576 };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Least squares: what a value gains in a minute. */
export function slope(samples: readonly Sample[], name: string): number {
  const points = samples.flatMap(({ minute, values }) => (values[name] === undefined ? [] : [{ x: minute, y: values[name] }]));
  const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / Math.max(all.length, 1);
  const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / spread;
}
