/** In what a server of the Chat Completions API differs from most others. */
export interface CompatibleServer {
  readonly maxTokensField?: 'max_completion_tokens';
  readonly streamUsage?: boolean;
  readonly toolResultName?: boolean;
  readonly assistantAfterTool?: boolean;
  readonly replayReasoning?: boolean;
  readonly promptCacheKey?: boolean;
  readonly effort?: 'never';
}

const FLAGS = {
  max_completion_tokens: { maxTokensField: 'max_completion_tokens' },
  no_stream_usage: { streamUsage: false },
  tool_result_name: { toolResultName: true },
  assistant_after_tool: { assistantAfterTool: true },
  replay_reasoning: { replayReasoning: true },
  prompt_cache_key: { promptCacheKey: true },
  no_effort: { effort: 'never' },
} as const satisfies Record<string, CompatibleServer>;

export type CompatibleFlag = keyof typeof FLAGS;
export const COMPATIBLE_FLAGS = Object.keys(FLAGS) as CompatibleFlag[];

/** What the flags say together. */
export function compatibleServer(flags: readonly CompatibleFlag[]): CompatibleServer {
  return flags.reduce<CompatibleServer>((server, flag) => ({ ...server, ...FLAGS[flag] }), {});
}
