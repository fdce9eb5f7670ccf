import { lastJson } from './agent-output';
import type { ExternalAgent } from './external-agent';

/** Anthropic's Claude Code: `claude -p`, in the sandbox without questions. */
export const claudeCode: ExternalAgent = {
  slug: 'claude-code',
  program: 'claude',
  wire: 'anthropic',
  modes: ['code', 'debug', 'documentation', 'ask', 'architect'],
  masked: /^(\.mcp\.json|\.env)$/,
  leftovers: /^\.claude\.json/,
  command: ({ door, model, readsOnly, message }) => ({
    args: [
      '-p', '--output-format', 'json', '--model', model, '--setting-sources', 'user',
      ...(readsOnly ? ['--permission-mode', 'plan'] : ['--permission-mode', 'bypassPermissions']),
    ],
    env: {
      ANTHROPIC_BASE_URL: door.origin, ANTHROPIC_API_KEY: door.token, ANTHROPIC_MODEL: model, ANTHROPIC_SMALL_FAST_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      ANTHROPIC_DEFAULT_SONNET_MODEL: model, ANTHROPIC_DEFAULT_OPUS_MODEL: model, CLAUDE_CODE_SUBAGENT_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', IS_SANDBOX: '1',
    },
    files: {},
    stdin: message,
  }),
  answer: (output) => lastJson(output, (line) => (line['type'] === 'result' ? line['result'] : undefined)),
};
