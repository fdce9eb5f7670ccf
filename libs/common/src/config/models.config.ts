import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Secret } from '../crypto/secret';
import { COMPATIBLE_FLAGS, compatibleServer, type CompatibleFlag, type CompatibleServer } from './compatible-server';
import { AsSecret } from './secret-setting';
import { AsInteger, AsList } from './setting';

const USD = /^\d{1,6}(\.\d{1,6})?$/;
const OPENAI_URL = 'https://api.openai.com/v1';
const URL = /^https?:\/\/\S+[^/]$/;

/** The platform's own access to AI vendors. Users' keys are rows, not settings. */
export class ModelsConfig {
  /** Key for the Anthropic Messages API. */
  @IsOptional() @AsSecret()
  ANTHROPIC_API_KEY?: Secret;

  /** Another name for ANTHROPIC_API_KEY. */
  @IsOptional() @AsSecret()
  CLAUDE_API_KEY?: Secret;

  /** Root of the Anthropic API, without /v1. */
  @Matches(URL)
  ANTHROPIC_BASE_URL = 'https://api.anthropic.com';

  /** Key for the OpenAI API. */
  @IsOptional() @AsSecret()
  OPENAI_API_KEY?: Secret;

  /** OpenAI or a compatible server (Ollama, vLLM, OpenRouter ...), with /v1. */
  @Matches(URL)
  OPENAI_BASE_URL = OPENAI_URL;

  /** Model of a compatible server at OPENAI_BASE_URL (Ollama, vLLM, OpenRouter ...). Set: that server is used instead of OpenAI. */
  @IsOptional() @IsString()
  OPENAI_COMPATIBLE_MODEL?: string;

  /** Its context window in tokens. */
  @IsInt() @Min(4_096) @Max(10_000_000) @AsInteger()
  OPENAI_COMPATIBLE_CONTEXT = 128_000;

  /** What it costs in USD per million tokens of prompt. */
  @Matches(USD)
  OPENAI_COMPATIBLE_INPUT_USD = '0';

  /** What it costs in USD per million tokens of output. */
  @Matches(USD)
  OPENAI_COMPATIBLE_OUTPUT_USD = '0';

  /** In what it differs from most such servers, comma-separated: max_completion_tokens, no_stream_usage, tool_result_name, assistant_after_tool, replay_reasoning, prompt_cache_key, no_effort. */
  @IsIn(COMPATIBLE_FLAGS, { each: true }) @AsList()
  OPENAI_COMPATIBLE_FLAGS: CompatibleFlag[] = [];

  /** Key for the Gemini API. */
  @IsOptional() @AsSecret()
  GEMINI_API_KEY?: Secret;

  /** Root of the Gemini API, without a version. */
  @Matches(URL)
  GOOGLE_GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com';

  /** What a call costs, in USD per million tokens of prompt, when its model has lost its price while a task runs. Not 0: a call is never free by mistake. */
  @Matches(USD)
  MODEL_FALLBACK_INPUT_USD = '10';

  /** The same per million tokens of output. */
  @Matches(USD)
  MODEL_FALLBACK_OUTPUT_USD = '50';

  /** Set when the model is a recorded stand-in: start-up log, tasks and pull requests then say so. */
  @IsOptional() @IsString()
  MODEL_STAND_IN?: string;

  /** The platform's own access to a provider ("anthropic", "openai", "google", "custom"); null when it has none. */
  platformAccess(provider: string): PlatformAccess | null {
    if (provider === 'anthropic') return access(this.ANTHROPIC_API_KEY ?? this.CLAUDE_API_KEY, this.ANTHROPIC_BASE_URL);
    if (provider === 'google') return access(this.GEMINI_API_KEY, this.GOOGLE_GEMINI_BASE_URL);
    const isCompatible = this.OPENAI_COMPATIBLE_MODEL !== undefined;
    if (provider === 'openai') return isCompatible ? null : access(this.OPENAI_API_KEY, this.OPENAI_BASE_URL);
    if (provider !== 'custom' || !isCompatible) return null;
    return { key: this.OPENAI_API_KEY ?? new Secret('none'), baseUrl: this.OPENAI_BASE_URL, compat: compatibleServer(this.OPENAI_COMPATIBLE_FLAGS) };
  }

  /** Where this deployment reaches a vendor with a customer's own key; null: only the customer knows. The operator's compatible server is no vendor. */
  vendorUrl(provider: string): string | null {
    if (provider === 'anthropic') return this.ANTHROPIC_BASE_URL;
    if (provider === 'openai') return this.OPENAI_COMPATIBLE_MODEL === undefined ? this.OPENAI_BASE_URL : OPENAI_URL;
    return provider === 'google' ? this.GOOGLE_GEMINI_BASE_URL : null;
  }
}

/** A credential and where it is used. */
export interface PlatformAccess {
  readonly key: Secret;
  readonly baseUrl: string;
  /** Only of the operator's compatible server. */
  readonly compat?: CompatibleServer;
}

function access(key: Secret | undefined, baseUrl: string): PlatformAccess | null {
  return key === undefined ? null : { key, baseUrl };
}
