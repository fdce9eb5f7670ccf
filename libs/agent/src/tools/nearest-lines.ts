/** Lines that are looked for, and lines that are shown. */
const HINT_LINES = 12;
const HINT_PREFIX = 8;

/** Where lines that were not found most probably stand, in words for the model: the window that shares most lines with them; null: nowhere. */
export function nearestLines(lines: readonly string[], old: readonly string[]): string | null {
  const all = old.map((line) => line.trim()).filter((line) => line !== '');
  const wanted = all.slice(0, HINT_LINES);
  const scores = lines.map((line) => lineScore(wanted, line.trim()));
  let best = { at: -1, score: 0 };
  for (let at = 0; at < lines.length; at++) {
    const score = wanted.reduce((sum, line, n) => sum + (scores[at + n] ?? 0) + (lines[at + n]?.trim() === line ? 1 : 0), 0);
    // The window begins with a line that counts, so that the hint points at it.
    if (score > best.score && (scores[at] ?? 0) > 0) best = { at, score };
  }
  if (best.at < 0) return null;
  const shown = lines.slice(best.at, best.at + wanted.length).map((line, n) => `${String(best.at + n + 1).padStart(5)}\t${line.slice(0, 300)}`);
  return `; nearest: lines ${best.at + 1}-${Math.min(lines.length, best.at + all.length)}:\n${shown.join('\n')}`;
}

/** A wanted line counts, one that begins like it a little. */
function lineScore(wanted: readonly string[], line: string): number {
  if (line.length < 3) return 0;
  if (wanted.includes(line)) return 2;
  return wanted.some((other) => other.length >= HINT_PREFIX && line.startsWith(other.slice(0, HINT_PREFIX))) ? 1 : 0;
}
