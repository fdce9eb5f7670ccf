import { ModelError } from '../model-error';
import type { Usage } from '../usage';

/** What an answer that was cut at its length has to show for itself. */
export interface CutAnswer {
  readonly provider: string;
  readonly isEmpty: boolean;
  readonly usage: Usage;
}

/** @throws {ModelError} context_overflow, when the window was full before the model said or thought anything: a small limit is used up by thinking instead. */
export function checkWindow({ provider, isEmpty, usage }: CutAnswer): void {
  if (!isEmpty || usage.isEstimated === true || usage.outputTokens > 1) return;
  throw new ModelError('context_overflow', 'the conversation fills the model\'s whole context window', { provider, usage });
}
