import { secretForms } from '@app/common';

const SHORTEST = 6;
/** A line of key material. Other lines of a long secret, of a configuration file for instance, may stand in many files that hold no secret. */
const KEY_LINE = /^[A-Za-z0-9+/=_-]{20,}$/;

/** A secret's value and the parts of it that are secret by themselves: the lines of a key. */
export function valuesOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim()).filter((line) => KEY_LINE.test(line) && !/^-+$/.test(line));
  return [...new Set([value, value.trim(), ...lines])].filter((text) => text.length >= SHORTEST);
}

/** How a secret's value may be found in a text: as it is, by the lines of a key, and each of these in a URL, in JSON, in hexadecimal, and in base64 wherever in a longer text it stood. */
export function spellingsOf(value: string): string[] {
  return [...new Set(valuesOf(value).flatMap(secretForms))];
}
