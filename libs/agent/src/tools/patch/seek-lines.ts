/** How alike two lines must be, from strict to lax. Never by similarity, which could find the wrong place. */
const LEVELS: readonly ((line: string) => string)[] = [(line) => line, (line) => line.trimEnd(), (line) => line.trim(), (line) => plainCharacters(line.trim())];

/** Every place from `from` on where the wanted lines stand, by the strictest level that finds any. */
export function seekLines(lines: readonly string[], wanted: readonly string[], from = 0): number[] {
  for (const level of LEVELS) {
    const places = placesOf(lines.map(level), wanted.map(level), from);
    if (places.length > 0) return places;
  }
  return [];
}

function placesOf(lines: readonly string[], wanted: readonly string[], from: number): number[] {
  const places: number[] = [];
  for (let at = from; at + wanted.length <= lines.length; at++) if (wanted.every((line, n) => lines[at + n] === line)) places.push(at);
  return places;
}

/** Typographic dashes, quotes and spaces as a keyboard has them: models write these for those. */
function plainCharacters(line: string): string {
  return line
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\u2018-\u201b]/g, '\'')
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' ');
}
