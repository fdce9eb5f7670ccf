import type { Definition } from '@app/agent';
import type { TagLimits, TagsLine } from './tags-protocol';

/** What was found in one content; null: the parser did not manage. */
export type ContentTags = { readonly definitions: readonly Definition[]; readonly references: readonly (readonly [name: string, count: number])[] } | null;

const KINDS = ['class', 'function', 'method', 'type', 'value', 'module'] as const;
const MAX_NAME = 80;

/** A line of the program in the sandbox, looked at field by field because it comes from a hostile place; null: it is nonsense. */
export function parseTagsLine(text: string, limits: TagLimits): TagsLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  if (isCount(value.at)) return { at: value.at };
  if (isCount(value.skip)) return { skip: value.skip };
  if (!isCount(value.n) || typeof value.hash !== 'string' || !/^[0-9a-f]{40}$/.test(value.hash)) return null;
  if (value.tags === undefined) return { n: value.n, hash: value.hash };
  return value.tags === null || isFound(value.tags, limits) ? { n: value.n, hash: value.hash, tags: value.tags } : null;
}

/** Found names in the agent's words. */
export function contentTags(found: Extract<TagsLine, { tags: unknown }>['tags']): ContentTags {
  if (found === null) return null;
  return { definitions: found.definitions.map(([name, kind, line, text]) => ({ name, kind: kind as Definition['kind'], line, text })), references: found.references };
}

function isFound(value: unknown, limits: TagLimits): value is NonNullable<Extract<TagsLine, { tags: unknown }>['tags']> {
  if (!isRecord(value)) return false;
  const { definitions, references } = value;
  if (!Array.isArray(definitions) || !Array.isArray(references) || definitions.length > limits.definitions || references.length > limits.references) return false;
  return definitions.every((entry) => isDefinition(entry, limits)) && references.every(isReference);
}

function isDefinition(entry: unknown, limits: TagLimits): boolean {
  if (!Array.isArray(entry)) return false;
  const [name, kind, line, text] = entry as unknown[];
  return isName(name) && KINDS.some((known) => known === kind) && isCount(line) && typeof text === 'string' && text.length <= limits.textCharacters;
}

function isReference(entry: unknown): boolean {
  return Array.isArray(entry) && isName(entry[0]) && isCount(entry[1]);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_NAME && !/\s/.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
