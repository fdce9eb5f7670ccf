/** A comment, as far as it speaks to us. */
export interface Mention {
  /** What it says besides the mention. */
  readonly text: string;
  /** It only wants that everything stops. */
  readonly stops: boolean;
}

const STOP = /^\s*(?:please\s+)?stop\b[\s.!]*(?:please\b[\s.!]*)?$/i;

/** Whether a comment mentions the bot outside of quotes and code, which repeat what others said. */
export function mentionOf(text: string, bot: string): Mention | null {
  const mention = new RegExp(String.raw`(^|[^\w@/.\x60-])@${escaped(bot)}(?:\[bot\])?(?![\w-]|\[bot\]|/)`, 'gi');
  if (!mention.test(ownWords(text))) return null;
  const rest = text.replace(mention, '$1').trim();
  return { text: rest, stops: STOP.test(ownWords(text).replace(mention, '$1').trim()) };
}

/** Whether a comment is addressed to somebody else: it begins with their name. */
export function isForOthers(text: string, bot: string): boolean {
  const [, name] = /^\s*@([A-Za-z0-9][\w-]*(?:\/[\w-]+)?)/.exec(text) ?? [];
  return name !== undefined && name.toLowerCase() !== bot.toLowerCase();
}

/** Without quoted lines, code and hidden comments. */
function ownWords(text: string): string {
  return text
    .slice(0, 65_536)
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/(^|\n) {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n {0,3}\2[`~]*(?=\s*(?:\n|$))|$)/g, '$1')
    .replace(/(`+)(?!`)[\s\S]*?\1(?!`)/g, ' ')
    .replace(/(?:^|\n)\s*>[^\n]*/g, '\n');
}

function escaped(text: string): string {
  return text.replace(/[^\w]/g, String.raw`\$&`);
}
