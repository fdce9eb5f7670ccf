import { setTimeout as wait } from 'node:timers/promises';

const EVERY_MS = 100;
/** As long as a kubelet would wait. */
const PROBE_MS = 2_000;

interface Look {
  readonly at: number;
  readonly ms: number;
  readonly ready: number | null;
  readonly live: number | null;
}

export interface Probed {
  /** How long after the fall readiness said so, and after the return that it is over. */
  tookToTell(fall: { readonly fell: number; readonly rose: number }): { down: number; up: number };
  /** Liveness answered something else than 200. */
  readonly deadAnswers: readonly Look[];
  /** For how long in a row liveness did not answer well: a machine that has too much to do misses one. */
  readonly longestSilenceMs: number;
  /** Ready at least once in that time. */
  wasReady(from: number, to: number): boolean;
}

/** A kubelet would give up a process that is silent for so long. */
export const DEAD_MS = 8_000;

/** Asks a process's probes all the time. */
export class ProbeWatch {
  private readonly looks: Look[] = [];
  private isOver = false;

  constructor(private readonly url: string) {
    void this.watch();
  }

  stop(): Probed {
    this.isOver = true;
    const { looks } = this;
    return {
      deadAnswers: looks.filter(({ live }) => live !== 200 && live !== null),
      longestSilenceMs: longestSilence(looks),
      wasReady: (from, to) => looks.some(({ at, ms, ready }) => at >= from && at + ms <= to && ready === 200),
      tookToTell: ({ fell, rose }) => {
        const down = looks.find(({ at, ready }) => at >= fell && ready === 503);
        const up = looks.find(({ at, ready }) => at >= rose && ready === 200);
        return { down: (down?.at ?? Infinity) + (down?.ms ?? 0) - fell, up: (up?.at ?? Infinity) + (up?.ms ?? 0) - rose };
      },
    };
  }

  private async watch(): Promise<void> {
    for (; !this.isOver; await wait(EVERY_MS)) {
      const at = Date.now();
      const [ready, live] = await Promise.all([statusOf(`${this.url}/health/ready`), statusOf(`${this.url}/health/live`)]);
      this.looks.push({ at, ms: Date.now() - at, ready, live });
    }
  }
}

function longestSilence(looks: readonly Look[]): number {
  let longest = 0;
  let since: number | null = null;
  for (const { at, ms, live } of looks) {
    since = live === 200 ? null : (since ?? at);
    if (since !== null) longest = Math.max(longest, at + ms - since);
  }
  return longest;
}

/** Null: no answer in time. */
export async function statusOf(url: string, ms = PROBE_MS): Promise<number | null> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ms) }).catch(() => null);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.status ?? null;
}
