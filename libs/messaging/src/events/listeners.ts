import type { TaskDelta, TaskListener } from './task-event-bus';

/** Who listens to which task in this process. `onFirst` and `onLast` tell when a task begins and ceases to matter. */
export class Listeners {
  private readonly byTask = new Map<string, Set<TaskListener>>();

  constructor(
    private readonly onFirst: (taskId: string) => void = () => undefined,
    private readonly onLast: (taskId: string) => void = () => undefined,
  ) {}

  add(taskId: string, listener: TaskListener): () => void {
    const known = this.byTask.get(taskId);
    const listeners = known ?? new Set();
    listeners.add(listener);
    if (!known) {
      this.byTask.set(taskId, listeners);
      this.onFirst(taskId);
    }
    return () => this.remove(taskId, listener);
  }

  tasks(): string[] {
    return [...this.byTask.keys()];
  }

  news(taskId: string): void {
    for (const listener of this.byTask.get(taskId) ?? []) listener.news();
  }

  delta(delta: TaskDelta): void {
    for (const listener of this.byTask.get(delta.taskId) ?? []) listener.delta(delta);
  }

  /** After a lost connection: wake-ups may have been missed for every task. */
  newsForAll(): void {
    for (const taskId of this.tasks()) this.news(taskId);
  }

  private remove(taskId: string, listener: TaskListener): void {
    const listeners = this.byTask.get(taskId);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.byTask.delete(taskId);
    this.onLast(taskId);
  }
}
