import type { ModelSeed } from './seed-types';

/** Models of Anthropic, verified on 2026-11-23. A tier prices the whole request. */
export const ANTHROPIC_MODELS: readonly ModelSeed[] = [
  {
    name: 'claude-opus-5-5', provider: 'anthropic', providerModelId: 'claude-opus-5-5', displayName: 'Claude Opus 5.5',
    contextWindow: 1_000_000, maxInputTokens: null, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'pro', sortOrder: 10,
    isDefault: false, releasedOn: '2026-09-22', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'always_adaptive', forcedToolUse: false, samplingParams: false },
    prices: [
      { from: '2026-09-22', minPrompt: 0, input: '4', output: '20', cacheRead: '0.2', cacheWriteShort: '5', cacheWriteLong: '8',
        source: 'https://platform.claude.com/docs (models overview); npm @pydantic/genai-prices@0.1.8 (2026-09-23)' },
    ],
  },
  {
    name: 'claude-sonnet-5-5', provider: 'anthropic', providerModelId: 'claude-sonnet-5-5', displayName: 'Claude Sonnet 5.5',
    contextWindow: 1_000_000, maxInputTokens: null, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'free', sortOrder: 11,
    isDefault: true, releasedOn: '2026-09-28', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive', forcedToolUse: false, samplingParams: false },
    prices: [
      { from: '2026-09-28', minPrompt: 0, input: '2', output: '10', cacheRead: '0.2', cacheWriteShort: '2.5', cacheWriteLong: '4',
        source: 'apidog claude-sonnet-5-5-pricing; PromptFuel v1.0.22' },
      { from: '2026-10-07', minPrompt: 0, input: '2', output: '10', cacheRead: '0.1', cacheWriteShort: '2.5', cacheWriteLong: '4',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; claudit v1.9.2; PromptFuel v1.0.23' },
    ],
  },
  {
    name: 'claude-haiku-5-5', provider: 'anthropic', providerModelId: 'claude-haiku-5-5', displayName: 'Claude Haiku 5.5',
    contextWindow: 1_000_000, maxInputTokens: null, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'free', sortOrder: 12,
    isDefault: false, releasedOn: '2026-10-07', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-10-07', minPrompt: 0, input: '0.1', output: '0.5', cacheRead: '0.01', cacheWriteShort: '0.125', cacheWriteLong: '0.2',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; claudit v1.9.2' },
      { from: '2026-10-07', minPrompt: 100_001, input: '0.5', output: '2.5', cacheRead: '0.05', cacheWriteShort: '0.625', cacheWriteLong: '1',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; claudit v1.9.2; whole request above 100K prompt tokens' },
    ],
  },
  {
    name: 'claude-fable-5-2', provider: 'anthropic', providerModelId: 'claude-fable-5-2', displayName: 'Claude Fable 5.2',
    contextWindow: 1_000_000, maxInputTokens: null, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'enterprise', sortOrder: 13,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'always_adaptive', forcedToolUse: false, samplingParams: false },
    prices: [
      { from: '2026-11-01', minPrompt: 0, input: '8', output: '40', cacheRead: '0.2', cacheWriteShort: '10', cacheWriteLong: '16',
        source: 'npm @earendil-works/pi-ai@1.5.2 (2026-11-10) dist/providers/data; SINGLE SOURCE; 1h write derived as 2x input; effective date unknown (on or before 2026-11-10)' },
    ],
  },
  {
    name: 'claude-opus-5', provider: 'anthropic', providerModelId: 'claude-opus-5', displayName: 'Claude Opus 5',
    contextWindow: 1_000_000, maxInputTokens: null, maxOutputTokens: 128_000, lifecycle: 'active', minTier: 'pro', sortOrder: 40,
    isDefault: false, releasedOn: '2026-07-24', retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'adaptive' },
    prices: [
      { from: '2026-07-24', minPrompt: 0, input: '5', output: '25', cacheRead: '0.5', cacheWriteShort: '6.25', cacheWriteLong: '10',
        source: 'https://platform.claude.com/docs (models overview); npm @pydantic/genai-prices@0.1.8 (2026-09-23)' },
    ],
  },
  {
    name: 'claude-haiku-4-5', provider: 'anthropic', providerModelId: 'claude-haiku-4-5', displayName: 'Claude Haiku 4.5',
    contextWindow: 200_000, maxInputTokens: null, maxOutputTokens: 64_000, lifecycle: 'active', minTier: 'free', sortOrder: 41,
    isDefault: false, releasedOn: null, retiresOn: null,
    capabilities: { tools: true, vision: true, streaming: true, promptCache: true, reasoning: 'extended' },
    prices: [
      { from: '2025-10-15', minPrompt: 0, input: '1', output: '5', cacheRead: '0.1', cacheWriteShort: '1.25', cacheWriteLong: '2',
        source: 'https://platform.claude.com/docs (models overview); npm @pydantic/genai-prices@0.1.8 (2026-09-23)' },
    ],
  },
];
