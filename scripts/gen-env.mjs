// Prints .env.example from the config classes: every setting with its one-line explanation and its default.
import { readFileSync } from 'node:fs';

const GROUPS = ['core', 'http', 'worker', 'egress', 'github', 'clerk', 'models', 'storage', 'stripe'];

/** Settings of one config class: {name, doc, value} where `value` is null for those without a default. */
export function settingsOf(source) {
  const settings = [];
  const pattern = /\/\*\* (.+?) \*\/\s+((?:@[^\n]+\n\s+)*)([A-Z][A-Z0-9_]+)([!?]?)(?:: [^=;\n]+)?(?: = ([^;\n]+))?;/g;
  for (const [, doc, , name, mark, initial] of source.matchAll(pattern)) settings.push({ name, doc, value: initial === undefined ? null : plain(initial), required: mark === '!' });
  return settings;
}

function plain(initial) {
  if (initial === '[]') return '';
  return initial.replace(/^'(.*)'$/, '$1').replace(/(?<=\d)_(?=\d)/g, '');
}

export function envExample(read) {
  const lines = ['# Every setting of both processes. Copy to .env, or set them in the environment. Lines that begin with # show the default.', ''];
  for (const group of GROUPS) {
    const source = read(`libs/common/src/config/${group}.config.ts`);
    const about = /\/\*\* ([^\n]+) \*\/\nexport class/.exec(source)?.[1] ?? group;
    lines.push(`# --- ${about}`, '');
    for (const { name, doc, value, required } of settingsOf(source)) lines.push(`# ${doc}`, `${required ? '' : '#'}${name}=${value ?? ''}`, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

if (process.argv[1]?.endsWith('gen-env.mjs')) process.stdout.write(envExample((path) => readFileSync(path, 'utf8')));
