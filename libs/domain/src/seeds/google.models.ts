import type { ModelSeed } from './seed-types';

/** Models of Google, verified on 2026-11-23. A tier prices the whole request. */
export const GOOGLE_MODELS: readonly ModelSeed[] = [
  {
    name: 'gemini-4-argon', provider: 'google', providerModelId: 'gemini-4-argon', displayName: 'Gemini 4 Argon',
    contextWindow: 1_048_576, maxInputTokens: null, maxOutputTokens: 32_768, lifecycle: 'active', minTier: 'pro', sortOrder: 30,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-10-01', minPrompt: 0, input: '2', output: '10', cacheRead: '0.1', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'TokenMeter v0.13.1; LiteLLM discussion 46238; npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; introductory to 2026-11-30' },
      { from: '2026-12-01', minPrompt: 0, input: '4', output: '20', cacheRead: '0.2', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'TokenMeter v0.13.1; LiteLLM discussion 46238; scheduled' },
    ],
  },
  {
    name: 'gemini-4-carbon', provider: 'google', providerModelId: 'gemini-4-carbon', displayName: 'Gemini 4 Carbon',
    contextWindow: 1_048_576, maxInputTokens: null, maxOutputTokens: 32_768, lifecycle: 'active', minTier: 'pro', sortOrder: 31,
    isDefault: false, releasedOn: '2026-11-10', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-11-10', minPrompt: 0, input: '2', output: '10', cacheRead: '0.1', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'docs.laozhang.ai announcement 2026-11-11; introductory; same price as Argon; cache-read by analogy' },
      { from: '2026-12-01', minPrompt: 0, input: '4', output: '20', cacheRead: '0.2', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'docs.laozhang.ai announcement 2026-11-11; scheduled' },
    ],
  },
  {
    name: 'gemini-3.8-flash', provider: 'google', providerModelId: 'gemini-3.8-flash', displayName: 'Gemini 3.8 Flash',
    contextWindow: 1_048_576, maxInputTokens: null, maxOutputTokens: 65_536, lifecycle: 'active', minTier: 'free', sortOrder: 32,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-09-01', minPrompt: 0, input: '0.75', output: '3.75', cacheRead: '0.075', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; introductory to 2026-12-31' },
      { from: '2027-01-01', minPrompt: 0, input: '1.5', output: '7.5', cacheRead: '0.15', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); scheduled' },
    ],
  },
  {
    name: 'gemini-3.5-flash-lite', provider: 'google', providerModelId: 'gemini-3.5-flash-lite', displayName: 'Gemini 3.5 Flash-Lite',
    contextWindow: 1_048_576, maxInputTokens: null, maxOutputTokens: 65_536, lifecycle: 'active', minTier: 'free', sortOrder: 33,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-06-01', minPrompt: 0, input: '0.3', output: '2.5', cacheRead: '0.03', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data' },
    ],
  },
  {
    name: 'gemini-3.1-pro-preview', provider: 'google', providerModelId: 'gemini-3.1-pro-preview', displayName: 'Gemini 3.1 Pro (preview)',
    contextWindow: 1_048_576, maxInputTokens: null, maxOutputTokens: 65_536, lifecycle: 'preview', minTier: 'pro', sortOrder: 43,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-02-01', minPrompt: 0, input: '2', output: '12', cacheRead: '0.2', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data' },
      { from: '2026-02-01', minPrompt: 200_001, input: '4', output: '18', cacheRead: '0.4', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data' },
    ],
  },
];
