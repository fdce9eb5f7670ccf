const LONGEST = 80;

/** A title from the prompt's first line that says something: without Markdown marks, cut at a word. */
export function titleFrom(prompt: string): string {
  const lines = prompt.split('\n', 50).map(plain);
  const line = lines.find((text) => /[\p{L}\p{N}]/u.test(text)) ?? lines.find(Boolean) ?? 'Task';
  const characters = [...line];
  if (characters.length <= LONGEST) return line;
  const cut = characters.slice(0, LONGEST - 1).join('');
  const word = cut.lastIndexOf(' ');
  return `${(word > LONGEST / 2 ? cut.slice(0, word) : cut).trimEnd()}…`;
}

function plain(line: string): string {
  return line
    .slice(0, 1_000)
    .replace(/^[\s#>*-]+/, '')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
