export type Part = Record<string, unknown>;

/** One content of a request. */
export interface Turn {
  readonly role: 'user' | 'model';
  readonly parts: Part[];
}

export const callsIn = (turn: Turn | undefined): Part[] => (turn?.role === 'model' ? turn.parts : []).filter(({ functionCall }) => functionCall !== undefined);
export const responsesIn = (turn: Turn | undefined): Part[] => (turn?.role === 'user' ? turn.parts : []).filter(({ functionResponse }) => functionResponse !== undefined);
