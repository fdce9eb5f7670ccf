import { IsOptional, IsString, Matches } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret } from './secret-setting';

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
  OPENAI_BASE_URL = 'https://api.openai.com/v1';

  /** Model that a compatible server at OPENAI_BASE_URL is asked for. */
  @IsOptional() @IsString()
  OPENAI_COMPATIBLE_MODEL?: string;

  /** Key for the Gemini API. */
  @IsOptional() @AsSecret()
  GEMINI_API_KEY?: Secret;

  /** Root of the Gemini API. */
  @Matches(URL)
  GOOGLE_GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com';

  /** Set when the model is a recorded stand-in: start-up log, tasks and pull requests then say so. */
  @IsOptional() @IsString()
  MODEL_STAND_IN?: string;
}
