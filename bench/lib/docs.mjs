// docs/benchmarks.md between its two marks, and the plots beside it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { drawPlots } from './plots.mjs';
import { groupText } from './report.mjs';
import { judge } from './judge.mjs';

const FILE = 'docs/benchmarks.md';
const MARKS = ['<!-- figures: written by `npm run bench -- --save` -->', '<!-- end of figures -->'];

export async function writeDocs(goals, latest, say) {
  const sections = Object.entries(latest).map(([name, figures]) => {
    const own = goals.filter(({ id }) => figures.verdicts.some((one) => one.id === id));
    figures.verdicts = own.map((goal) => judge(goal, figures));
    return [`### ${name[0].toUpperCase()}${name.slice(1)}`, groupText(name, figures, own)].join('\n');
  });
  mkdirSync('docs/benchmarks', { recursive: true });
  const plots = await drawPlots(goals, latest, 'docs/benchmarks');
  const all = Object.values(latest).flatMap(({ verdicts }) => verdicts);
  const count = (word) => all.filter((one) => one.word === word).length;
  const head = `${all.length} figures of ${new Set(all.map(({ id }) => id.split('.')[0])).size} goals: ${['PASS', 'FAIL', 'INCONCLUSIVE', 'SKIPPED'].map((word) => `${count(word)} ${word}`).join(', ')}.`;
  const text = [head, '', ...plots.map(({ title, file }) => `![${title}](benchmarks/${file})`), '', ...sections].join('\n');
  const before = readFileSync(FILE, 'utf8');
  const [from, to] = [before.indexOf(MARKS[0]), before.indexOf(MARKS[1])];
  if (from < 0 || to < from) throw new Error(`${FILE} has no place for figures: ${MARKS.join(' … ')}`);
  writeFileSync(FILE, `${before.slice(0, from + MARKS[0].length)}\n${text}\n${before.slice(to)}`);
  say(`${FILE} written${plots.length > 0 ? `, with ${plots.length} plots` : ', without plots'}`);
}
