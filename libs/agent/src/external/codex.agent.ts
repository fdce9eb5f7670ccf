import { lastJson } from './agent-output';
import type { ExternalAgent } from './external-agent';

/** OpenAI's Codex: `codex exec`. Our sandbox stands around it, so its own is off. */
export const codex: ExternalAgent = {
  slug: 'codex',
  program: 'codex',
  wire: 'openai_responses',
  modes: ['code', 'debug', 'documentation', 'ask', 'architect'],
  masked: /^\.env$/,
  leftovers: /^\.codex-/,
  command: ({ door, model, contextWindow, message }) => ({
    args: [
      'exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--model', model,
      '-c', 'model_provider="gateway"', '-c', 'model_providers.gateway.name="gateway"', '-c', `model_providers.gateway.base_url="${door.origin}/v1"`,
      '-c', 'model_providers.gateway.env_key="GATEWAY_TOKEN"', '-c', 'model_providers.gateway.wire_api="responses"', '-c', 'model_providers.gateway.supports_websockets=false',
      '-c', `model_context_window=${contextWindow}`, '-c', 'analytics.enabled=false', '-',
    ],
    env: { GATEWAY_TOKEN: door.token },
    files: {},
    stdin: message,
  }),
  answer: (output) => lastJson(output, (line) => {
    const item = line['item'] as { type?: unknown; text?: unknown } | undefined;
    return line['type'] === 'item.completed' && item?.type === 'agent_message' ? item.text : undefined;
  }),
};
