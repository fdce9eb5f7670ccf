import { metrics } from '@app/telemetry';
import type { SandboxProcess } from '../sandbox/sandbox-process';

/** Counts a sandbox that has started, and how it ends. One that we stopped because its work was done was not killed. */
export function countSandbox({ ended }: Pick<SandboxProcess, 'ended'>): void {
  metrics.sandboxStarts.add({});
  metrics.sandboxRunning.change({}, 1);
  void ended
    .then(({ killed }) => killed !== null && killed !== 'stopped' && metrics.sandboxKills.add({ cause: killed }))
    .catch(() => undefined)
    .finally(() => metrics.sandboxRunning.change({}, -1));
}
