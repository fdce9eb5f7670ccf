import { redact } from '@app/common';
import { secretForms } from './secret-forms';

const TERMINAL = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** Zero-width, bidirectional and tag characters: text that people do not see and models read. */
const INVISIBLE = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\u{e0000}-\u{e0fff}]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text from a command or a file as it may be stored and shown: no terminal codes and NULs, invisible characters spelled out, no secrets. */
export function printable(text: string, secrets: readonly string[] = []): string {
  const plain = text.replace(TERMINAL, '').replace(/\r\n/g, '\n');
  return redact(showInvisible(plain), secretForms(secrets));
}

/** Invisible and bidirectional characters as `\u{202e}`, without control characters. */
export function showInvisible(text: string): string {
  return text.replace(CONTROL, '').replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`).replace(LONE_SURROGATE, '\ufffd');
}
