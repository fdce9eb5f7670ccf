import { v7, validate } from 'uuid';

/** A new UUIDv7: ids made in one process sort by creation time, also inside a millisecond. */
export function newId(): string {
  return v7();
}

/** Whether the text is a UUID of any version, in the canonical 8-4-4-4-12 form. */
export function isId(text: string): boolean {
  return validate(text);
}
