import { BadCall } from './wire';

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {BadCall} */
export function recordAt(value: unknown, at: string): Json {
  if (!isRecord(value)) throw new BadCall(`${at} must be an object`);
  return value;
}

/** @throws {BadCall} */
export function listAt(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadCall(`${at} must be an array`);
  return value;
}

/** @throws {BadCall} */
export function textAt(value: unknown, at: string): string {
  if (typeof value !== 'string') throw new BadCall(`${at} must be a string`);
  return value;
}

/** A limit of tokens; null: none given. */
export function tokensAt(...values: readonly unknown[]): number | null {
  const given = values.find((value) => typeof value === 'number' && value > 0);
  return typeof given === 'number' ? Math.floor(given) : null;
}

/** A JSON Schema of type object, whatever was sent. */
export function schemaOf(value: unknown): Json {
  return { properties: {}, ...(isRecord(value) ? value : {}), type: 'object' };
}

/** Text of a content that is a string or a list of parts; what is no text is named in its place. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isRecord(part) ? textOfPart(part) : '')).join('\n');
}

function textOfPart({ text, type }: Json): string {
  if (typeof text === 'string') return text;
  return `[${typeof type === 'string' ? type : 'part'} left out: only text is carried here]`;
}

/** Arguments as they came over the wire: a JSON object, or the text that is none. */
export function argumentsOf(text: unknown): unknown {
  if (typeof text !== 'string') return isRecord(text) ? text : {};
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return isRecord(value) ? value : { value };
  } catch {
    return { unreadable: text };
  }
}
