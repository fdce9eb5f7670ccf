import type { Secret } from '@app/common';

/** The wires that are built, named as `ai_provider_configs.api_style`. */
export const BUILT_API_STYLES = ['anthropic', 'openai_responses', 'openai_chat', 'google'] as const;
export type BuiltApiStyle = (typeof BUILT_API_STYLES)[number];

/** Whether calls can be made in this style of API. */
export function isBuiltApiStyle(style: string): style is BuiltApiStyle {
  return (BUILT_API_STYLES as readonly string[]).includes(style);
}

/** The wire that a style of API is reached over; null: it is no API of a model (command-line agents). */
export function builtWireOf(style: string): BuiltApiStyle | null {
  return isBuiltApiStyle(style) ? style : null;
}

/** In what a server of the Chat Completions API differs from OpenAI's. What is not set follows from the base URL. */
export interface ChatCompat {
  /** Field that limits the answer. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Whether `stream_options.include_usage` is understood. Without it usage is estimated, unless the server sends it anyway. */
  readonly streamUsage?: boolean;
  /** Whether tool results want the tool's `name` beside the call's id. */
  readonly toolResultName?: boolean;
  /** Whether an assistant turn must stand between tool results and the user's next text. */
  readonly assistantAfterTool?: boolean;
  /** Whether the model's reasoning goes back to it as `reasoning_content`. */
  readonly replayReasoning?: boolean;
  /** Whether `prompt_cache_key` is understood. */
  readonly promptCacheKey?: boolean;
  /** When `reasoning_effort` may be sent to a model that thinks. */
  readonly effort?: 'always' | 'without_tools' | 'never';
}

/** Where and with what credential a vendor is called. */
export interface ProviderConnection {
  readonly apiStyle: BuiltApiStyle;
  /** Name of the vendor's row: "anthropic", "openai", "custom" ... */
  readonly name: string;
  /** Anthropic and Gemini: without a version. OpenAI and compatible servers: with /v1. */
  readonly baseUrl: string;
  readonly key: Secret;
  readonly compat?: ChatCompat;
  /** Instead of the process's own fetch: for addresses that users gave. */
  readonly fetch?: typeof globalThis.fetch;
}
