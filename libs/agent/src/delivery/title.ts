import { oneLine } from '../text/shorten';

const TITLE_CHARACTERS = 72;

/** A title for a task that has none: the first sentence of its prompt, without Markdown. */
export function titleFromPrompt(prompt: string): string {
  const line = prompt.split('\n').map((text) => plain(text)).find((text) => text !== '') ?? '';
  const sentence = /^.{12,}?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
  const title = oneLine(sentence.replace(/[.:]+$/, ''), TITLE_CHARACTERS);
  return title === '' ? 'Untitled task' : title.charAt(0).toUpperCase() + title.slice(1);
}

function plain(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}|[-*+>]|\d+[.)])\s+/, '')
    .replace(/^```.*$/, '')
    .replace(/!?\[([^\]]{0,300})\]\([^)]{0,2000}\)/g, '$1')
    .replace(/[`*]+/g, '')
    .trim();
}
