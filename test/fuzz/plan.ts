/** Who sends a request. */
export type Sender = 'owner' | 'member' | 'staff' | 'token' | 'stranger' | 'nobody' | 'garbage';

/** Stands in a plan for an id that is only known while running: of something made under this path, or of nothing. */
export interface IdOf {
  readonly $idOf: string;
  /** Picks among what there is. */
  readonly pick: number;
}

/** A request as it is planned: the same for the same seed. Ids are filled in when it is sent. */
export interface Plan {
  /** "POST /api/v1/tasks" */
  readonly endpoint: string;
  /** What was done to it, for the report. */
  readonly kind: string;
  readonly sender: Sender;
  readonly method: string;
  readonly params: Readonly<Record<string, IdOf | string>>;
  /** Put behind the path as it is. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A JSON value, bytes as they are (base64), or nothing. */
  readonly body: { readonly json: unknown } | { readonly base64: string } | null;
  /** The path is not the endpoint's any more: any 4xx problem will do. */
  readonly isStray: boolean;
  /** No good answer may come: the input breaks a rule that the document states. */
  readonly mustFail: boolean;
}

export function isIdOf(value: unknown): value is IdOf {
  return typeof value === 'object' && value !== null && '$idOf' in value;
}

/** Half surrogates replaced: for places that UTF-8 must carry. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
