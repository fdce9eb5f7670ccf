/**
 * How good models are at this work, from 0 to 1: an opinion that routing starts from, and that outcomes of a deployment's own tasks move. An operator's value in
 * `ai_models.configuration` wins; a model that is not named here is judged by its price.
 */
export const MODEL_QUALITY: Readonly<Record<string, number>> = {
  'claude-fable-5-2': 0.96,
  'claude-opus-5-5': 0.92,
  'claude-opus-5': 0.9,
  'claude-sonnet-5-5': 0.89,
  'claude-haiku-5-5': 0.69,
  'claude-haiku-4-5': 0.66,
  'gpt-6-astra': 0.95,
  'gpt-6.1-sol': 0.88,
  'gpt-6.1-terra': 0.81,
  'gpt-6-luna': 0.68,
  'gpt-5.4-mini': 0.68,
  'gemini-4-argon': 0.87,
  'gemini-4-carbon': 0.87,
  'gemini-3.8-flash': 0.75,
  'gemini-3.5-flash-lite': 0.62,
  'gemini-3.1-pro-preview': 0.8,
};
