/** One part of a message, the same for every vendor. `sig` is the vendor's signature and goes back unchanged to the same model only. */
export type Part =
  | { readonly t: 'text'; readonly text: string }
  | { readonly t: 'think'; readonly text: string; readonly sig?: string }
  | { readonly t: 'call'; readonly id: string; readonly name: string; readonly args: unknown; readonly argsError?: string; readonly sig?: string }
  | { readonly t: 'result'; readonly id: string; readonly name: string; readonly text: string; readonly isError: boolean };

export type CallPart = Extract<Part, { t: 'call' }>;
export type ResultPart = Extract<Part, { t: 'result' }>;

/** A turn of the provider-neutral transcript. `origin.raw` holds what only the vendor that made it understands. */
export interface ModelMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly parts: readonly Part[];
  readonly origin?: { readonly provider: string; readonly model: string; readonly raw?: unknown };
}

/** A tool offered to the model; `parameters` is a JSON Schema of type object. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}
