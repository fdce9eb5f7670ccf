import { architectMode } from './architect.mode';
import { askMode } from './ask.mode';
import { codeMode } from './code.mode';
import { debugMode } from './debug.mode';
import { documentationCheckMode } from './documentation-check.mode';
import { documentationMode } from './documentation.mode';
import type { Mode } from './mode';
import { prReviewMode } from './pr-review.mode';

/** Every way that the agent can work in. A new one is a file beside this one and a line here. `documentation_check` is what a task in mode documentation becomes that is to examine only. */
export const MODES = {
  code: codeMode, debug: debugMode, ask: askMode, documentation: documentationMode, documentation_check: documentationCheckMode, architect: architectMode, pr_review: prReviewMode,
} as const satisfies Readonly<Record<string, Mode>>;

/** The modes whose agent work is built. */
export type AgentMode = keyof typeof MODES;

/** Whether the agent can work in that mode. */
export function isAgentMode(mode: string): mode is AgentMode {
  return Object.hasOwn(MODES, mode);
}

/** Whether work in that mode ends as a change that is published. */
export function changesFiles(mode: AgentMode): boolean {
  return MODES[mode].deliverable === 'pull_request';
}
