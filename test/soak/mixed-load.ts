import { setTimeout as wait } from 'node:timers/promises';
import { Load, percentile, whatFailed } from '../chaos/load';
import { StreamClient } from '../chaos/stream-client';
import { ApiClient } from '../support/api-client';
import type { SoakHouse } from './soak-house';

const TASK_EVERY_MS = 5_000;
/** More tasks are not handed in while so many wait. */
const MOST_OPEN = 8;
const CANCEL_EVERY = 7;
/** A log of every call would be the leak that is looked for. */
const KEPT_CALLS = 200_000;

/** What customers do in a day, all at once: read, write drafts, hand tasks in, watch them, cancel some. */
export class MixedLoad {
  private readonly load: Load;
  private readonly tasking: Promise<void>;
  private isOver = false;
  tasks = 0;
  cancelled = 0;
  /** Tasks of which somebody saw not every event once. */
  readonly torn: string[] = [];

  constructor(
    private readonly house: SoakHouse,
    perSecond: number,
  ) {
    const { state } = house.running;
    this.load = new Load({ target: (n) => house.apis[n % house.apis.length]!, accessToken: state.users[0]!.accessToken, repositoryId: state.repository.id, perSecond, keep: KEPT_CALLS });
    this.tasking = this.handInTasks();
  }

  async stop(): Promise<{ calls: number; failed: readonly string[]; p50Ms: number; p99Ms: number }> {
    this.isOver = true;
    await this.tasking;
    const log = await this.load.stop();
    const times = log.map(({ ms }) => ms);
    return { calls: this.load.sent, failed: whatFailed(log), p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  }

  private async handInTasks(): Promise<void> {
    const watching = new Set<Promise<void>>();
    for (; !this.isOver; await wait(TASK_EVERY_MS)) {
      if (watching.size >= MOST_OPEN) continue;
      const one = this.handIn().catch(() => undefined).finally(() => watching.delete(one));
      watching.add(one);
    }
    await Promise.all(watching);
  }

  private async handIn(): Promise<void> {
    const { users, repository } = this.house.running.state;
    const { accessToken, organizationId } = users[0]!;
    const ada = new ApiClient(this.house.apis[this.tasks % 2]!, accessToken);
    const { status, body } = await ada.post('/tasks', { prompt: `SOAK-CHANGE ${this.tasks}`, repositoryId: repository.id, options: { verifyCommands: ['true'] } });
    if (status !== 201) return;
    this.tasks += 1;
    const id = String(body.id);
    const reader = new StreamClient(() => this.house.apis, id, { accessToken, organizationId }, this.tasks);
    if (this.tasks % CANCEL_EVERY === 0) {
      await wait(1_500);
      await ada.post(`/tasks/${id}/cancel`);
      this.cancelled += 1;
    }
    await reader.done;
    if (reader.ids.some((seq, n) => seq !== n + 1)) this.torn.push(id);
  }
}
