import { safeMarkdown } from './safe-markdown';

/** One step of a plan, clear enough to be carried out alone. A path of `files` that does not exist yet ends in " (new)". */
export interface PlanStep {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly files: readonly string[];
  readonly risks: string | null;
  readonly tests: string | null;
}

/** What the agent proposes to do. */
export interface AgentPlan {
  readonly steps: readonly PlanStep[];
  /** The plan in words; empty: made of the steps. */
  readonly markdown: string;
}

const MAX_MARKDOWN = 90_000;

/** What marks a path that a step will make. */
export const NEW_FILE_MARK = ' (new)';

/** The plan as it is kept: its words made harmless, and made of the steps where there were none. */
export function composePlan({ plan, summary }: { readonly plan?: AgentPlan | null; readonly summary: string }): AgentPlan {
  const steps = plan?.steps ?? [];
  const words = plan?.markdown.trim() ?? '';
  return { steps, markdown: safeMarkdown(words === '' ? `${summary.trim()}\n\n${planMarkdown(steps)}` : words).trim().slice(0, MAX_MARKDOWN) };
}

/** Steps as people and models read them. */
export function planMarkdown(steps: readonly PlanStep[]): string {
  return steps.map((step, n) => [
    `### ${n + 1}. ${step.title} (${step.id})`, step.description.trim(), ...(step.files.length > 0 ? [`Files: ${step.files.join(', ')}`] : []),
    ...(step.tests === null ? [] : [`Tests: ${step.tests}`]), ...(step.risks === null ? [] : [`Risks: ${step.risks}`]),
  ].join('\n\n')).join('\n\n');
}
