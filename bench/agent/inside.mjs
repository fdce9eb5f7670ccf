// Loaded into the worker before it starts: BENCH_BALLAST_MB of memory that is in use, and the delay of its loop, written to BENCH_DELAY_FILE once a second.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const { BENCH_BALLAST_MB, BENCH_DELAY_FILE } = process.env;
if (process.argv[1]?.includes('apps/worker')) {
  if (BENCH_BALLAST_MB) globalThis.ballast = Buffer.alloc(Number(BENCH_BALLAST_MB) * 1_048_576, 1);
  if (BENCH_DELAY_FILE) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    setInterval(() => {
      writeFileSync(BENCH_DELAY_FILE, String(delay.percentile(99) / 1e6 - 5));
      delay.reset();
    }, 1_000).unref();
  }
}
