import type { Part } from '../message';
import type { ModelRequest } from '../model-provider';
import { estimateTokens, type Usage } from '../usage';

/** What a call may have used when its server did not say: estimated from the text of both sides, and marked so. */
export function estimatedUsage(request: ModelRequest, parts: readonly Part[]): Usage {
  const prompt = estimateTokens(request.system + JSON.stringify(request.messages) + JSON.stringify(request.tools));
  const output = estimateTokens(parts.map(textOfPart).join(''));
  return { inputTokens: prompt, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: output, reasoningTokens: 0, raw: null, isEstimated: true };
}

function textOfPart(part: Part): string {
  if (part.t !== 'call') return part.text;
  return part.name + (typeof part.args === 'string' ? part.args : JSON.stringify(part.args ?? {}));
}
