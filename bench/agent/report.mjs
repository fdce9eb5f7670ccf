import { median } from '../lib/stats.mjs';

/** The table of a run in Markdown, and whether the gate was missed: every replay mends, and doing nothing never does. */
export function report(rows) {
  const wires = [...new Set(rows.map(({ wire }) => wire))];
  const lines = wires.map((wire) => {
    const replays = rows.filter((row) => row.wire === wire && row.agent === 'replay');
    const idle = rows.filter((row) => row.wire === wire && row.agent === 'nothing');
    const of = (all, is) => `${all.filter(is).length} of ${all.length}`;
    const mended = ({ mended }) => mended;
    return `| ${wire} | ${of(replays, mended)} | ${of(replays, ({ isExact }) => isExact)} | ${of(idle, mended)} | ${median(replays.map(({ steps }) => steps))} | ${replays.reduce((sum, { toolErrors }) => sum + toolErrors, 0)} | ${(median(replays.map(({ ms }) => ms)) / 1000).toFixed(1)} |`;
  });
  const failed = rows.some(({ agent, mended, isExact }) => (agent === 'replay' ? !mended || !isExact : mended));
  const text = ['', '| wire | replay mends | as the authors wrote it | doing nothing mends | model calls, median | tool errors | s a task, median |', '|---|---|---|---|---|---|---|', ...lines, ''].join('\n');
  return { text, failed };
}
