import { AGENT_FOLDER, type AgentCommand, type AgentTurn, type ExternalAgent } from './external-agent';

/** Seconds for one answer; the gateway's own limits end it before. */
const CALL_SECONDS = '900';

/** Aider (https://aider.chat), found by its flags of version 0.86. */
export const aider: ExternalAgent = {
  slug: 'aider',
  program: 'aider',
  wire: 'openai_chat',
  modes: ['code', 'debug', 'documentation', 'ask', 'architect'],
  masked: /^(\.aider\.conf\.yml|\.env|\.aider\.model\..+)$/,
  leftovers: /^\.aider/,
  command: commandOf,
  answer: () => null,
};

function commandOf({ door, model, contextWindow, maxOutputTokens, readsOnly, message }: AgentTurn): AgentCommand {
  const file = (name: string): string => `${AGENT_FOLDER}/${name}`;
  const name = `openai/${model}`;
  const facts = { [name]: { max_tokens: maxOutputTokens, max_input_tokens: contextWindow, max_output_tokens: maxOutputTokens, litellm_provider: 'openai', mode: 'chat' } };
  return {
    args: [
      '--message-file', file('message.md'), '--yes-always', '--no-auto-commits', '--no-dirty-commits', '--no-stream', '--no-pretty', '--no-check-update', '--no-show-release-notes',
      '--analytics-disable', '--no-show-model-warnings', '--no-suggest-shell-commands', '--no-detect-urls', '--no-gitignore', '--no-auto-lint',
      '--model', name, '--weak-model', name, '--editor-model', name, '--openai-api-base', `${door.origin}/v1`,
      // Its own architect mode edits files; for plans and answers it is asked, and changes nothing.
      ...(readsOnly ? ['--chat-mode', 'ask'] : ['--edit-format', 'diff']),
      '--map-tokens', '2048', '--timeout', CALL_SECONDS, '--model-metadata-file', file('models.json'), '--model-settings-file', file('settings.yml'),
      '--llm-history-file', file('llm.log'), '--chat-history-file', file('chat.md'), '--input-history-file', file('input.log'), '--env-file', file('empty.env'),
    ],
    env: { OPENAI_API_KEY: door.token, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    files: { 'message.md': message, 'models.json': JSON.stringify(facts), 'settings.yml': '[]\n', 'empty.env': '' },
  };
}
