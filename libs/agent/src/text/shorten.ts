/** How long a text the model may see, and which share of it is the beginning. */
export interface OutputLimit {
  readonly characters: number;
  readonly headShare: number;
}

/** Beginning and end of a long text with a notice between them; null when it fits. The cuts are at line ends where there are any near. */
export function shortened(text: string, limit: OutputLimit, notice: (leftOut: number) => string): string | null {
  if (text.length <= limit.characters) return null;
  const head = cutAfterLine(text.slice(0, Math.floor(limit.characters * limit.headShare)));
  const tail = cutBeforeLine(text.slice(text.length - (limit.characters - Math.floor(limit.characters * limit.headShare))));
  return `${head}\n${notice(text.length - head.length - tail.length)}\n${tail}`;
}

/** The last characters of a text, from a line's beginning where one is near. */
export function tailOf(text: string, characters: number): string {
  return text.length <= characters ? text : cutBeforeLine(text.slice(-characters));
}

/** At most so many characters, cut at a word where one is near, with an ellipsis; one line. */
export function oneLine(text: string, characters: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat.length <= characters) return flat;
  const cut = wellFormed(flat.slice(0, characters - 1));
  const space = cut.lastIndexOf(' ');
  return `${(space > characters * 0.5 ? cut.slice(0, space) : cut).replace(/[\s,;:.-]+$/, '')}…`;
}

function cutAfterLine(text: string): string {
  const end = text.lastIndexOf('\n');
  return wellFormed(end > text.length * 0.8 ? text.slice(0, end) : text);
}

function cutBeforeLine(text: string): string {
  const start = text.indexOf('\n');
  return wellFormed(start >= 0 && start < text.length * 0.2 ? text.slice(start + 1) : text);
}

/** A cut in the middle of a character beyond the basic plane leaves half of it: such text is refused by databases and vendors. */
function wellFormed(text: string): string {
  return text.replace(/^[\udc00-\udfff]/, '').replace(/[\ud800-\udbff]$/, '');
}
