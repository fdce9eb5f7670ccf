import type { KeyProviderSeed, ProviderSeed } from './seed-types';

/** Vendors and how they are reached. An OpenAI-compatible endpoint has its address from the deployment. */
export const PROVIDERS: readonly ProviderSeed[] = [
  { provider: 'anthropic', displayName: 'Anthropic', apiStyle: 'anthropic', baseUrl: 'https://api.anthropic.com' },
  { provider: 'openai', displayName: 'OpenAI', apiStyle: 'openai_responses', baseUrl: 'https://api.openai.com/v1' },
  { provider: 'google', displayName: 'Google Gemini', apiStyle: 'google', baseUrl: 'https://generativelanguage.googleapis.com' },
  { provider: 'custom', displayName: 'OpenAI-compatible endpoint', apiStyle: 'openai_chat', baseUrl: null },
  { provider: 'aider', displayName: 'Aider (command line)', apiStyle: 'cli', baseUrl: null },
  { provider: 'claude-code', displayName: 'Claude Code (command line)', apiStyle: 'cli', baseUrl: null },
  { provider: 'codex', displayName: 'Codex (command line)', apiStyle: 'cli', baseUrl: null },
  { provider: 'gemini-cli', displayName: 'Gemini CLI (command line)', apiStyle: 'cli', baseUrl: null },
  { provider: 'opencode', displayName: 'OpenCode (command line)', apiStyle: 'cli', baseUrl: null },
];

/** Vendors for which customers may bring their own key. */
export const KEY_PROVIDERS: readonly KeyProviderSeed[] = [
  {
    provider: 'anthropic', displayName: 'Anthropic', category: 'ai_models', keyPrefix: 'sk-ant-', keyPattern: '^sk-ant-[A-Za-z0-9_-]{20,}$',
    authType: 'header', authName: 'x-api-key', baseUrl: 'https://api.anthropic.com', testEndpoint: '/v1/models', sortOrder: 10,
  },
  {
    provider: 'openai', displayName: 'OpenAI', category: 'ai_models', keyPrefix: 'sk-', keyPattern: '^sk-[A-Za-z0-9_-]{20,}$',
    authType: 'bearer', authName: null, baseUrl: 'https://api.openai.com/v1', testEndpoint: '/models', sortOrder: 20,
  },
  {
    provider: 'google', displayName: 'Google Gemini', category: 'ai_models', keyPrefix: 'AIza', keyPattern: null,
    authType: 'header', authName: 'x-goog-api-key', baseUrl: 'https://generativelanguage.googleapis.com', testEndpoint: '/v1beta/models', sortOrder: 30,
  },
  {
    provider: 'custom', displayName: 'OpenAI-compatible endpoint', category: 'ai_models', keyPrefix: null, keyPattern: null,
    authType: 'bearer', authName: null, baseUrl: null, testEndpoint: '/models', sortOrder: 40,
  },
];
