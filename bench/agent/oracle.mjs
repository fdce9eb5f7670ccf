// The fix that the package's authors made, as calls of a model: their difference in unique-match edits, or as one patch per file.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { TEST } from './packages.mjs';

/** Not the fix: what was built from it, and the manifest, which is ours. */
const LEFT_OUT = /^(dist\/|package\.json$)/;
const CONTEXT = 3;

/** Changed files with their hunks; `format` says how a model writes them. */
export function fixOf({ before, after }) {
  const files = readdirSync(after, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => relative(after, join(entry.parentPath, entry.name)));
  const differs = (path) => existsSync(join(before, path)) && readFileSync(join(before, path), 'utf8') !== readFileSync(join(after, path), 'utf8');
  const paths = files.filter((path) => !LEFT_OUT.test(path) && differs(path)).sort();
  if (paths.length === 0) throw new Error(`nothing differs between ${before} and ${after}`);
  return paths.map((path) => ({ path, before: readFileSync(join(before, path), 'utf8'), after: readFileSync(join(after, path), 'utf8'), hunks: hunksOf(join(before, path), join(after, path)) }));
}

/** The turns of a model that knows the answer. */
export function replay(fix, { format, name }) {
  return [
    { text: 'I read what is concerned.', calls: [...fix.map(({ path }) => ({ name: 'read', args: { path } })), { name: 'read', args: { path: TEST } }] },
    { text: 'I see it fail first.', calls: [{ name: 'bash', args: { command: 'npm test', timeout: 60 } }] },
    ...fix.map((file) => ({ text: `I mend ${file.path}.`, calls: format === 'patch' ? [patchOf(file)] : editsOf(file) })),
    { text: 'Now it must pass.', calls: [{ name: 'bash', args: { command: 'npm test', timeout: 60 } }] },
    { calls: [{ name: 'submit', args: { title: `Mend ${name}`, summary: 'The cause is mended where it arises.', testing: 'npm test passes.', risks: 'None known.' } }] },
  ];
}

/** A model that does nothing and says that it is done. */
export function nothing() {
  return [{ calls: [{ name: 'submit', args: { title: 'Done', summary: 'It works.', testing: 'npm test passes.', risks: 'None.' } }] }];
}

function editsOf({ path, before, after, hunks }) {
  let content = before;
  const calls = hunks.map((hunk) => {
    const { old, fresh } = unique(content, hunk);
    content = content.replace(old, () => fresh);
    return { name: 'edit', args: { path, old, new: fresh } };
  });
  if (content !== after) throw new Error(`the edits of ${path} do not lead to what the authors wrote`);
  return calls;
}

function patchOf({ path, hunks }) {
  const lines = hunks.flatMap(({ lines: all }) => ['@@', ...all]);
  return { name: 'apply_patch', args: { input: ['*** Begin Patch', `*** Update File: ${path}`, ...lines, '*** End Patch'].join('\n') } };
}

/** The hunk's old text must occur once: where it does not, nobody can say which is meant. */
function unique(content, { lines, eof }) {
  const side = (mark) => lines.filter((line) => line[0] === ' ' || line[0] === mark).map((line) => line.slice(1)).join('\n');
  const end = eof ? '' : '\n';
  const [old, fresh] = [side('-') + end, side('+') + end];
  if (content.split(old).length !== 2) throw new Error(`this occurs more than once or never:\n${old}`);
  return { old, fresh };
}

function hunksOf(before, after) {
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', `--unified=${CONTEXT}`, before, after], { encoding: 'utf8' });
  const hunks = [];
  for (const line of stdout.split('\n').slice(0, -1)) {
    if (line.startsWith('@@')) hunks.push({ lines: [], eof: false });
    else if (hunks.length > 0 && line.startsWith('\\')) hunks.at(-1).eof = true;
    else if (hunks.length > 0) hunks.at(-1).lines.push(line);
  }
  return hunks;
}
