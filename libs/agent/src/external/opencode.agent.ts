import { AGENT_FOLDER, type ExternalAgent } from './external-agent';
import { lastJson } from './agent-output';

/** OpenCode: `opencode run`, with a provider of its configuration. */
export const openCode: ExternalAgent = {
  slug: 'opencode',
  program: 'opencode',
  wire: 'openai_chat',
  modes: ['code', 'debug', 'documentation', 'ask', 'architect'],
  masked: /^(\.env|\.opencode|opencode\.jsonc?)$/,
  leftovers: /^\.opencode-/,
  command: ({ door, model, contextWindow, maxOutputTokens, readsOnly, message }) => ({
    args: ['run', '--format', 'json', '--model', `gateway/${model}`, ...(readsOnly ? ['--agent', 'plan'] : [])],
    env: { OPENCODE_CONFIG: `${AGENT_FOLDER}/opencode.json`, OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
    files: {
      'opencode.json': JSON.stringify({
        autoupdate: false, share: 'disabled', small_model: `gateway/${model}`, permission: { edit: 'allow', bash: 'allow', webfetch: 'deny' },
        provider: {
          gateway: {
            npm: '@ai-sdk/openai-compatible', name: 'gateway', options: { baseURL: `${door.origin}/v1`, apiKey: door.token },
            models: { [model]: { name: model, limit: { context: contextWindow, output: maxOutputTokens } } },
          },
        },
      }),
    },
    stdin: message,
  }),
  answer: (output) => lastJson(output, (line) => (line['type'] === 'text' ? (line['part'] as { text?: unknown } | undefined)?.text : undefined)),
};
