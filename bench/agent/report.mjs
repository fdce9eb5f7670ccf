import { median } from '../lib/stats.mjs';

/** Tables of a run in Markdown, and whether the gate was missed: every replay mends, and doing nothing never does. */
export function report({ fixes = [], steps = [], workspaces = [], edit = [] }) {
  const failed = fixes.some(({ agent, mended, isExact }) => (agent === 'replay' ? !mended || !isExact : mended));
  return { text: [...fixTable(fixes), ...stepTable(steps), ...times('a workspace', workspaces), ...times('one edit', edit), ''].join('\n'), failed };
}

function fixTable(rows) {
  if (rows.length === 0) return [];
  const lines = [...new Set(rows.map(({ wire }) => wire))].map((wire) => {
    const replays = rows.filter((row) => row.wire === wire && row.agent === 'replay');
    const idle = rows.filter((row) => row.wire === wire && row.agent === 'nothing');
    const of = (all, is) => `${all.filter(is).length} of ${all.length}`;
    const mended = (row) => row.mended;
    return `| ${wire} | ${of(replays, mended)} | ${of(replays, ({ isExact }) => isExact)} | ${of(idle, mended)} | ${median(replays.map((row) => row.steps))} | ${replays.reduce((sum, { toolErrors }) => sum + toolErrors, 0)} | ${(median(replays.map(({ ms }) => ms)) / 1000).toFixed(1)} |`;
  });
  return ['', '| wire | replay mends | as the authors wrote it | doing nothing mends | model calls, median | tool errors | s a task, median |', '|---|---|---|---|---|---|---|', ...lines];
}

function stepTable(rows) {
  if (rows.length === 0) return [];
  const least = medianOf(rows, 'bare', 'all');
  const lines = armsOf(rows).map((arm) => {
    const [early, late, all] = ['early', 'late', 'all'].map((what) => medianOf(rows, arm, what));
    return `| ${arm} | ${early.toFixed(1)} | ${late.toFixed(1)} | ${all.toFixed(1)} | ${(all / least).toFixed(2)} |`;
  });
  return ['', '| a step by | first ten, ms | last ten, ms | all, ms | ÷ bare loop |', '|---|---|---|---|---|', ...lines];
}

function times(what, rows) {
  if (rows.length === 0) return [];
  return ['', `| ${what} by | median, ms | rounds |`, '|---|---|---|', ...armsOf(rows).map((arm) => `| ${arm} | ${medianOf(rows, arm, 'ms').toFixed(0)} | ${rows.filter((row) => row.arm === arm).length} |`)];
}

function armsOf(rows) {
  return [...new Set(rows.map(({ arm }) => arm))];
}

function medianOf(rows, arm, what) {
  return median(rows.filter((row) => row.arm === arm).map((row) => row[what]));
}
