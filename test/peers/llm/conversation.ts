// A request of any wire, reduced to what a personality needs to answer it.

export interface PeerCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

export interface PeerResult {
  readonly callId: string;
  readonly text: string;
  readonly isError: boolean;
}

export type Entry =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly PeerCall[] }
  | { readonly role: 'tool'; readonly results: readonly PeerResult[] };

export type WireName = 'anthropic' | 'openai-responses' | 'openai-chat' | 'google';

/** A part of the prompt in the order in which the vendor reads it; `isBreakpoint`: the cache may be written up to here. */
export interface PromptPiece {
  readonly text: string;
  readonly isBreakpoint: boolean;
}

export interface Conversation {
  readonly wire: WireName;
  readonly key: string;
  readonly model: string;
  readonly system: string;
  readonly tools: readonly string[];
  readonly entries: readonly Entry[];
  readonly maxTokens: number;
  readonly stream: boolean;
  /** Whether the model may show its thinking. */
  readonly thinks: boolean;
  /** Whether the stream shall tell the usage. */
  readonly reportsUsage: boolean;
  readonly pieces: readonly PromptPiece[];
}

/** A call that was made and what came of it; the result is null while it is missing. */
export interface MadeCall extends PeerCall {
  readonly result: PeerResult | null;
}

export function madeCalls(conversation: Conversation): MadeCall[] {
  const results = conversation.entries.flatMap((entry) => (entry.role === 'tool' ? entry.results : []));
  return conversation.entries.flatMap((entry) => (entry.role === 'assistant' ? entry.calls.map((call) => ({ ...call, result: results.find(({ callId }) => callId === call.id) ?? null })) : []));
}

/** How many turns the model has had. */
export function turnsTaken(conversation: Conversation): number {
  return conversation.entries.filter((entry) => entry.role === 'assistant').length;
}

/** What people wrote: the system prompt and the user's turns. */
export function spokenText(conversation: Conversation): string {
  return [conversation.system, ...conversation.entries.map((entry) => (entry.role === 'user' ? entry.text : ''))].join('\n');
}
