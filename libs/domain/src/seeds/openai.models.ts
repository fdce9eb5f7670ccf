import type { ModelSeed } from './seed-types';

/** Models of OpenAI, verified on 2026-11-23. A tier prices the whole request. */
export const OPENAI_MODELS: readonly ModelSeed[] = [
  {
    name: 'gpt-6-astra', provider: 'openai', providerModelId: 'gpt-6-astra', displayName: 'GPT-6 Astra',
    contextWindow: 1_050_000, maxInputTokens: 922_000, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'enterprise', sortOrder: 20,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-09-01', minPrompt: 0, input: '10', output: '50', cacheRead: '1', cacheWriteShort: '12.5', cacheWriteLong: '25',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; 12h cache-write rate derived as 2.5x input (published only for gpt-6.1-terra)' },
      { from: '2026-09-01', minPrompt: 272_001, input: '20', output: '75', cacheRead: '2', cacheWriteShort: '25', cacheWriteLong: '50',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; whole request at 2x input and cache, 1.5x output above 272K prompt tokens' },
    ],
  },
  {
    name: 'gpt-6.1-sol', provider: 'openai', providerModelId: 'gpt-6.1-sol', displayName: 'GPT-6.1 Sol',
    contextWindow: 1_050_000, maxInputTokens: 922_000, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'pro', sortOrder: 21,
    isDefault: false, releasedOn: '2026-09-29', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-09-29', minPrompt: 0, input: '2', output: '10', cacheRead: '0.1', cacheWriteShort: '2.5', cacheWriteLong: '5',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; PromptFuel v1.0.22; 12h cache-write rate derived as 2.5x input (published only for gpt-6.1-terra)' },
      { from: '2026-09-29', minPrompt: 272_001, input: '4', output: '15', cacheRead: '0.2', cacheWriteShort: '5', cacheWriteLong: '10',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; PromptFuel v1.0.22; whole request at 2x input and cache, 1.5x output above 272K prompt tokens' },
    ],
  },
  {
    name: 'gpt-6.1-terra', provider: 'openai', providerModelId: 'gpt-6.1-terra', displayName: 'GPT-6.1 Terra',
    contextWindow: 1_050_000, maxInputTokens: 922_000, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'free', sortOrder: 22,
    isDefault: false, releasedOn: '2026-10-26', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-10-26', minPrompt: 0, input: '1', output: '5', cacheRead: '0.05', cacheWriteShort: '1.25', cacheWriteLong: '2.5',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; docs.litellm.ai/blog/gpt-6-1-terra; apidog; 30m write 1.25, 12h write 2.50 as published' },
      { from: '2026-10-26', minPrompt: 272_001, input: '2', output: '7.5', cacheRead: '0.1', cacheWriteShort: '2.5', cacheWriteLong: '5',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; docs.litellm.ai/blog/gpt-6-1-terra; apidog; whole request at 2x input and cache, 1.5x output above 272K prompt tokens' },
    ],
  },
  {
    name: 'gpt-6-luna', provider: 'openai', providerModelId: 'gpt-6-luna', displayName: 'GPT-6 Luna',
    contextWindow: 1_050_000, maxInputTokens: 922_000, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'free', sortOrder: 23,
    isDefault: false, releasedOn: '2026-09-22', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-09-22', minPrompt: 0, input: '0.1', output: '0.5', cacheRead: '0.01', cacheWriteShort: '0.125', cacheWriteLong: '0.25',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; 12h cache-write rate derived as 2.5x input (published only for gpt-6.1-terra)' },
      { from: '2026-09-22', minPrompt: 272_001, input: '0.2', output: '0.75', cacheRead: '0.02', cacheWriteShort: '0.25', cacheWriteLong: '0.5',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; whole request at 2x input and cache, 1.5x output above 272K prompt tokens' },
    ],
  },
  {
    name: 'gpt-5.4-mini', provider: 'openai', providerModelId: 'gpt-5.4-mini', displayName: 'GPT-5.4 mini',
    contextWindow: 400_000, maxInputTokens: 272_000, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'free', sortOrder: 42,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-03-17', minPrompt: 0, input: '0.75', output: '4.5', cacheRead: '0.075', cacheWriteShort: '0', cacheWriteLong: '0',
        source: 'npm @pydantic/genai-prices@0.1.8 (2026-09-23); npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data' },
    ],
  },
];
