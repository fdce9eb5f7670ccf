import { AGENT_FOLDER, type ExternalAgent } from './external-agent';
import { lastJson } from './agent-output';

/** Google's Gemini CLI. It takes a settings file of the system only from root, and its tools only in a folder it trusts: what the repository would set is masked. */
export const geminiCli: ExternalAgent = {
  slug: 'gemini-cli',
  program: 'gemini',
  wire: 'google',
  modes: ['code', 'debug', 'documentation', 'ask', 'architect'],
  masked: /^\.(env|gemini)$/,
  leftovers: /^\.gemini-/,
  command: ({ door, model, readsOnly, message }) => ({
    args: ['--model', model, '--output-format', 'json', '--approval-mode', readsOnly ? 'default' : 'yolo'],
    env: { GOOGLE_GEMINI_BASE_URL: door.origin, GEMINI_API_KEY: door.token, GEMINI_CLI_HOME: AGENT_FOLDER, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    files: { '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } }, general: { disableAutoUpdate: true, enableAutoUpdate: false }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } }) },
    stdin: message,
  }),
  answer: (output) => lastJson(output, (value) => value['response']),
};
