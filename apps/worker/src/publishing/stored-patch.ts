import type { Workspace } from '@app/agent';
import { PublishFailure } from './publish-failure';

const APPLY_MS = 60_000;
/** What a patch holds where its files held bytes that are no UTF-8, and where it was cut. */
const LOSSY = /\uFFFD|^# The rest of this patch was left out/m;

/**
 * Puts a stored patch into a fresh workspace, for a task whose last checkpoint is gone. The patch is hostile text: it is applied inside the
 * sandbox. @throws {PublishFailure} when it does not fit the tree, or is not the whole change
 */
export async function applyStoredPatch(workspace: Pick<Workspace, 'spill' | 'exec'>, patch: string, signal: AbortSignal): Promise<void> {
  if (LOSSY.test(patch)) throw new PublishFailure('push_failed', 'The stored patch does not hold every byte of the change, so the change cannot be made of it again. Retry the task.');
  const path = await workspace.spill('stored.patch', patch);
  const { exitCode, output } = await workspace.exec(`git apply --whitespace=nowarn -- '${path}'`, { timeoutMs: APPLY_MS, maxOutputBytes: 4_000 }, signal);
  if (exitCode !== 0) throw new PublishFailure('push_failed', `The stored patch does not fit the repository any more: ${output.trim().slice(0, 300)}`);
}
