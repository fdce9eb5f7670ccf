import { aider } from './aider.agent';
import { claudeCode } from './claude-code.agent';
import { codex } from './codex.agent';
import type { ExternalAgent } from './external-agent';
import { geminiCli } from './gemini-cli.agent';
import { openCode } from './opencode.agent';

/** Every command-line agent that can be used where it is installed. A new one is a file beside this one and a line here. */
export const EXTERNAL_AGENTS: readonly ExternalAgent[] = [aider, claudeCode, codex, geminiCli, openCode];

/** The agent of that name; null: there is none. */
export function externalAgent(slug: string): ExternalAgent | null {
  return EXTERNAL_AGENTS.find((agent) => agent.slug === slug) ?? null;
}
