import { AppError, INVALID_PARAMETER, type InputFault, MALFORMED_JSON, validationFailed } from '@app/common';
import { pointerPart } from './input-faults';

export const MAX_DEPTH = 20;
export const MAX_KEYS = 1_000;
/** Names that mean something to JavaScript, such as __proto__ and toString: class-transformer would drop them silently. */
const RESERVED = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/** Half of a surrogate pair: with the u flag whole pairs do not match. */
const LONE_SURROGATE = /\p{Cs}/u;

interface Item {
  readonly value: unknown;
  readonly pointer: string;
  readonly depth: number;
}

/**
 * Refuses what no handler should meet: nesting beyond 20, more than 1,000 keys and elements (400), NUL and lone surrogates in any text or key (422).
 * It walks without recursion, so depth costs it nothing.
 */
export function checkJson(body: unknown): void {
  const open: Item[] = [{ value: body, pointer: '', depth: 0 }];
  const faults: InputFault[] = [];
  let keys = 0;
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item.value === 'string') faults.push(...textFault(item.value, item.pointer));
    if (typeof item.value !== 'object' || item.value === null) continue;
    if (item.depth >= MAX_DEPTH) throw tooComplex(`nested deeper than ${MAX_DEPTH}`);
    const entries = Object.entries(item.value);
    keys += Array.isArray(item.value) ? 0 : entries.length;
    if (keys > MAX_KEYS) throw tooComplex(`more than ${MAX_KEYS} keys`);
    for (const [name, value] of entries) {
      const pointer = `${item.pointer}/${pointerPart(name)}`;
      faults.push(...keyFault(name, pointer));
      open.push({ value, pointer, depth: item.depth + 1 });
    }
  }
  if (faults.length > 0) throw validationFailed(faults.slice(0, 20));
}

/** Refuses NUL and broken UTF-16 or percent-encoding in a path or query. */
export function checkUrl(url: string): void {
  // The %EF%BF%BD of a real replacement character decodes to itself; broken bytes make decodeURIComponent throw.
  let text: string;
  try {
    text = decodeURIComponent(url.replaceAll('+', ' '));
  } catch {
    throw new AppError(INVALID_PARAMETER, 'The address holds a broken percent-encoding.');
  }
  if (text.includes('\0') || LONE_SURROGATE.test(text)) throw new AppError(INVALID_PARAMETER, 'The address holds a character that no text here may have (NUL or half a surrogate pair).');
}

function textFault(text: string, pointer: string): InputFault[] {
  if (text.includes('\0')) return [{ pointer: safe(pointer), code: 'invalid_text', detail: 'holds a NUL character' }];
  return !LONE_SURROGATE.test(text) ? [] : [{ pointer: safe(pointer), code: 'invalid_text', detail: 'holds half a surrogate pair' }];
}

function keyFault(name: string, pointer: string): InputFault[] {
  if (RESERVED.has(name)) return [{ pointer, code: 'unknown_field', detail: `${name} is not known here` }];
  return textFault(name, pointer);
}

function safe(pointer: string): string {
  return pointer.replace(/[\p{Cs}\0]/gu, '\u{fffd}');
}

function tooComplex(why: string): AppError {
  return new AppError(MALFORMED_JSON, `The body is too complex: ${why}.`);
}
