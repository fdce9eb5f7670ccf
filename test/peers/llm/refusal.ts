/** What a vendor answers instead of a message. Each wire puts it into its own envelope. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** The broad category, as this wire names it. */
    readonly type: string,
    message: string,
    readonly facts: { readonly code?: string; readonly param?: string; /** What Google adds to say why and how long. */ readonly details?: readonly object[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
