// Prints docs/configuration.md from the config classes: what each setting means, what it takes, what it is without one.
import { GROUPS, groupOf } from './lib/settings.mjs';

const INTRO = `# Configuration

Both processes read their settings from the environment, once, at start. A wrong one ends the start with a sentence that names it; nothing is read later and nothing comes from the repositories that tasks work on.
\`.env.example\` is the same list to copy. Secrets are held in a type that cannot be printed.

Made by \`npm run gen:configuration\` from \`libs/common/src/config\`; a test holds the two together. What production asks for beyond this table is in
[production-rules.ts](../libs/common/src/config/production-rules.ts), and the start says it.
`;

const out = [INTRO];
for (const group of GROUPS) {
  const { about, settings } = groupOf(group);
  out.push(`## ${about.replace(/\.$/, '')}`, '', '| setting | meaning | takes | without it |', '|---|---|---|---|');
  for (const setting of settings) out.push(`| \`${setting.name}\` | ${cell(setting.doc)} | ${cell(takes(setting.rules))} | ${without(setting)} |`);
  out.push('');
}
process.stdout.write(`${out.join('\n').trimEnd()}\n`);

/** The decorators, in words. */
function takes(rules) {
  const words = [];
  if (/@AsSecret/.test(rules)) words.push('secret');
  if (/@AsBoolean/.test(rules)) words.push('true or false');
  if (/@AsList/.test(rules)) words.push('list, comma-separated');
  const one = /@IsIn\(\[([^\]]+)\]/.exec(rules);
  if (one) words.push(`one of ${one[1].replace(/'/g, '')}`);
  if (/@IsInt/.test(rules)) words.push(`whole number${range(rules)}`);
  const bytes = /@SecretMinBytes\((\d+)/.exec(rules) ?? /@SecretBase64?\(?(\d+)?/.exec(rules);
  if (bytes?.[1]) words.push(`${/MinBytes/.test(bytes[0]) ? 'at least ' : ''}${bytes[1]} bytes${/Base/.test(bytes[0]) ? ' as base64' : ''}`);
  return words.join(', ') || 'text';
}

function range(rules) {
  const [min, max] = ['Min', 'Max'].map((side) => new RegExp(`@${side}\\(([\\d_]+)`).exec(rules)?.[1].replace(/_/g, ''));
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return min === undefined ? '' : ` from ${min}`;
}

function without({ value, isRequired }) {
  if (isRequired) return '**required**';
  return value === null || value === '' ? '-' : `\`${value}\``;
}

function cell(text) {
  return text.replace(/\|/g, '\\|');
}
