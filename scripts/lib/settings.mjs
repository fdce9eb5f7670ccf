// What the config classes say of themselves: every setting with its sentence, its default and what it takes. Read from their source, because comments do not outlive the compiler.
import { readFileSync } from 'node:fs';

/** Groups in the order in which people meet them; each is libs/common/src/config/<group>.config.ts. */
export const GROUPS = /GROUPS = \{([^}]+)\}/s.exec(readFileSync(new URL('../../libs/common/src/config/app-config.ts', import.meta.url), 'utf8'))[1].match(/\w+(?=:)/g);

/** @returns {{about: string, settings: {name: string, doc: string, value: string | null, isRequired: boolean, rules: string}[]}} */
export function groupOf(group) {
  const source = readFileSync(new URL(`../../libs/common/src/config/${group}.config.ts`, import.meta.url), 'utf8');
  return { about: /\/\*\* ([^\n]+) \*\/\nexport class/.exec(source)?.[1] ?? group, settings: settingsOf(source) };
}

function settingsOf(source) {
  const settings = [];
  const pattern = /\/\*\* (.+?) \*\/\s+((?:@[^\n]+\n\s+)*)([A-Z][A-Z0-9_]+)([!?]?)(?:: [^=;\n]+)?(?: = ([^;\n]+))?;/g;
  for (const [, doc, rules, name, mark, initial] of source.matchAll(pattern)) {
    settings.push({ name, doc, rules, value: initial === undefined ? null : plain(initial), isRequired: mark === '!' });
  }
  return settings;
}

function plain(initial) {
  if (initial === '[]') return '';
  return initial.replace(/^'(.*)'$/, '$1').replace(/(?<=\d)_(?=\d)/g, '');
}
