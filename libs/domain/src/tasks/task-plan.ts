import type { Task } from './task.entity';

/** One step of a plan: one outcome that another run can carry out alone. */
export interface TaskPlanStep {
  /** Unique within the plan. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Paths that the step touches, from the repository's root; one that does not exist yet ends in " (new)". */
  readonly files: readonly string[];
  readonly risks: string | null;
  readonly tests: string | null;
}

/**
 * What waits for approval. It is kept as the JSON content of a result of type `plan` (media type application/json); the newest one of a
 * task counts, and `tasks.plan_status` says what was decided about it.
 */
export interface TaskPlan {
  readonly steps: readonly TaskPlanStep[];
  /** The plan in words, for people. */
  readonly markdown: string;
}

export const PLAN_MEDIA_TYPE = 'application/json';

/**
 * The `file` of a plan that a person edited while approving it: a second result of the attempt that proposed it, so it is the newest and
 * a repeated approval finds it.
 */
export const EDITED_PLAN_FILE = 'plan.edited.json';

/** The reason of a task that waits with a plan. */
export const PLAN_READY = 'plan_ready';

const MAX_STEPS = 100;
const MAX_FILES = 200;
const MAX_TEXT = 20_000;
const MAX_MARKDOWN = 100_000;

/** Whose newest plan an attempt of the task is bound to: its own once approved, that of the task it carries out, or none. */
export function pinnedPlanOwner(task: Pick<Task, 'id' | 'planStatus' | 'source' | 'parentTaskId'>): string | null {
  if (task.planStatus === 'approved') return task.id;
  return task.source === 'plan' ? task.parentTaskId : null;
}

/** The bytes of a plan as a result keeps them. */
export function planContent(plan: TaskPlan): Buffer {
  const steps = plan.steps.map(({ id, title, description, files, risks, tests }) => ({ id, title, description, files, risks, tests }));
  return Buffer.from(JSON.stringify({ steps, markdown: plan.markdown }));
}

/** A stored plan; null for anything else. */
export function planOfContent(content: Buffer): TaskPlan | null {
  try {
    const value: unknown = JSON.parse(content.toString('utf8'));
    return isPlan(value) ? { steps: value.steps, markdown: value.markdown } : null;
  } catch {
    return null;
  }
}

function isPlan(value: unknown): value is TaskPlan {
  if (!isRecord(value)) return false;
  const { steps, markdown } = value;
  return isText(markdown, MAX_MARKDOWN) && Array.isArray(steps) && steps.length > 0 && steps.length <= MAX_STEPS && steps.every(isStep) && new Set(steps.map((step) => step.id)).size === steps.length;
}

function isStep(value: unknown): value is TaskPlanStep {
  if (!isRecord(value)) return false;
  const { id, title, description, files, risks, tests } = value;
  const isFiles = Array.isArray(files) && files.length <= MAX_FILES && files.every((file) => isText(file, 4_096));
  return isText(id, 100) && id !== '' && isText(title, 500) && title !== '' && isText(description, MAX_TEXT) && isFiles && isTextOrNull(risks) && isTextOrNull(tests);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value, MAX_TEXT);
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
