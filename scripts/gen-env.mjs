// Prints .env.example from the config classes: every setting with its one-line explanation and its default.
import { GROUPS, groupOf } from './lib/settings.mjs';

const lines = ['# Every setting of both processes. Copy to .env, or set them in the environment. Lines that begin with # show the default.', ''];
for (const group of GROUPS) {
  const { about, settings } = groupOf(group);
  lines.push(`# --- ${about}`, '');
  for (const { name, doc, value, isRequired } of settings) lines.push(`# ${doc}`, `${isRequired ? '' : '#'}${name}=${value ?? ''}`, '');
}
process.stdout.write(`${lines.join('\n').trimEnd()}\n`);
