import { askMode } from './ask.mode';
import { codeMode } from './code.mode';
import type { Mode } from './mode';

/** Every mode that the agent can work in. A new one is a file beside this one and a line here. */
export const MODES = { code: codeMode, ask: askMode } as const satisfies Readonly<Record<string, Mode>>;

/** The modes whose agent work is built. */
export type AgentMode = keyof typeof MODES;

/** Whether the agent can work in that mode. */
export function isAgentMode(mode: string): mode is AgentMode {
  return Object.hasOwn(MODES, mode);
}
