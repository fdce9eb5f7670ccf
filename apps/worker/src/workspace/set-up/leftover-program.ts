// Runs inside a sandbox, as a single file under its Node: it imports nothing but Node's own modules. `grep` looks for texts of one line; this looks for those of several, in
// the files that have the longest of their lines.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const FOLDER = '/dev/shm';
const SHORTEST = 6;

const linesOf = (text: string): string[] => text.trim().split(/\r?\n/).map((line) => line.trim());

/** Sorts the texts of standard input into what `grep` can look for and what it cannot. */
function prepare(): void {
  const all = JSON.parse(readFileSync(0, 'utf8')) as string[];
  const long = all.filter((text) => /[\r\n]/.test(text)).map(linesOf);
  const longest = long.map((lines) => lines.reduce((a, b) => (b.length > a.length ? b : a), '')).filter((line) => line.length >= SHORTEST);
  const patterns = (list: readonly string[]): string => list.map((text) => `${text}\n`).join('');
  writeFileSync(`${FOLDER}/short`, patterns(all.filter((text) => !/[\r\n]/.test(text))));
  writeFileSync(`${FOLDER}/longest`, patterns(longest));
  writeFileSync(`${FOLDER}/long`, JSON.stringify(long.map((lines) => lines.join('\n'))));
}

/** Adds those candidates to what was found that hold a whole text, however its lines are indented. */
function confirm(): void {
  const long = JSON.parse(readFileSync(`${FOLDER}/long`, 'utf8')) as string[];
  const candidates = readFileSync(`${FOLDER}/candidates`, 'latin1').split('\0').filter(Boolean);
  for (const path of candidates) {
    const content = linesOf(readFileSync(Buffer.from(path, 'latin1'), 'utf8')).join('\n');
    if (long.some((text) => content.includes(text))) appendFileSync(`${FOLDER}/found`, Buffer.from(`${path}\0`, 'latin1'));
  }
}

if (process.argv[2] === 'prepare') prepare();
else confirm();
