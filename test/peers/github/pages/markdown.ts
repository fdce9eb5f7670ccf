// A small, safe part of GitHub's Markdown: nothing in the text becomes HTML by itself.
import { Html, escaped } from './html';
import { inline } from './markdown-inline';

interface Block {
  readonly html: string;
  /** How many lines it took. */
  readonly lines: number;
}

type Reader = (lines: readonly string[], at: number) => Block | null;

const READERS: readonly Reader[] = [blank, fence, heading, rule, quote, table, list];

export function markdown(source: string): Html {
  return new Html(blocks(source.replace(/\r\n?/g, '\n').replace(/<!--[\s\S]*?(-->|$)/g, '').split('\n')));
}

function blocks(lines: readonly string[]): string {
  let text = '';
  for (let at = 0; at < lines.length; ) {
    const block = READERS.reduce<Block | null>((found, read) => found ?? read(lines, at), null) ?? paragraph(lines, at);
    text += block.html;
    at += block.lines;
  }
  return text;
}

function blank(lines: readonly string[], at: number): Block | null {
  return lines[at]?.trim() === '' ? { html: '', lines: 1 } : null;
}

function fence(lines: readonly string[], at: number): Block | null {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(lines[at] ?? '')?.[1];
  if (mark === undefined) return null;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim().startsWith(mark));
  const code = end < 0 ? rest : rest.slice(0, end);
  return { html: `<pre><code>${escaped(code.join('\n'))}\n</code></pre>`, lines: code.length + (end < 0 ? 1 : 2) };
}

function heading(lines: readonly string[], at: number): Block | null {
  const [, marks, text] = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines[at] ?? '') ?? [];
  if (marks === undefined) return null;
  return { html: `<h${marks.length}>${inline(text ?? '')}</h${marks.length}>`, lines: 1 };
}

function rule(lines: readonly string[], at: number): Block | null {
  return /^ {0,3}([-*_])(\s*\1){2,}\s*$/.test(lines[at] ?? '') ? { html: '<hr>', lines: 1 } : null;
}

function quote(lines: readonly string[], at: number): Block | null {
  const count = run(lines, at, (line) => /^ {0,3}>/.test(line));
  if (count === 0) return null;
  return { html: `<blockquote>${blocks(lines.slice(at, at + count).map((line) => line.replace(/^ {0,3}> ?/, '')))}</blockquote>`, lines: count };
}

function table(lines: readonly string[], at: number): Block | null {
  if (!lines[at]?.includes('|') || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? '') || !lines[at + 1]?.includes('|')) return null;
  const count = run(lines, at + 2, (line) => line.includes('|'));
  const row = (line: string, tag: string): string => `<tr>${cells(line).map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`;
  const body = lines.slice(at + 2, at + 2 + count).map((line) => row(line, 'td')).join('');
  return { html: `<table><thead>${row(lines[at] ?? '', 'th')}</thead><tbody>${body}</tbody></table>`, lines: count + 2 };
}

function cells(line: string): string[] {
  return line.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, '|'));
}

const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(.*)$/;

interface Item {
  readonly indent: number;
  readonly isOrdered: boolean;
  readonly text: string;
}

/** Items until a line that is neither one nor indented below one. */
function list(lines: readonly string[], at: number): Block | null {
  const first = itemOf(lines[at]);
  if (!first || first.indent > 3) return null;
  const items: string[][] = [];
  const count = run(lines, at, (line) => {
    const item = itemOf(line);
    const isNext = item !== null && item.indent <= first.indent;
    if (isNext && item.isOrdered === first.isOrdered) items.push([item.text]);
    else if (!isNext && /^\s{2,}\S/.test(line)) items.at(-1)?.push(line.replace(/^ {2,4}/, ''));
    else return false;
    return true;
  });
  const tag = first.isOrdered ? 'ol' : 'ul';
  return { html: `<${tag}>${items.map(itemHtml).join('')}</${tag}>`, lines: count };
}

function itemOf(line: string | undefined): Item | null {
  const [, spaces = '', mark = '', text = ''] = ITEM.exec(line ?? '') ?? [];
  return mark === '' ? null : { indent: spaces.length, isOrdered: /\d/.test(mark), text };
}

function itemHtml([head = '', ...rest]: readonly string[]): string {
  const [, box, text] = /^\[([ xX])\]\s+(.*)$/.exec(head) ?? [];
  const content = box === undefined ? inline(head) : `<input type="checkbox" disabled${box === ' ' ? '' : ' checked'}> ${inline(text ?? '')}`;
  return `<li>${content}${rest.length > 0 ? blocks(rest) : ''}</li>`;
}

function paragraph(lines: readonly string[], at: number): Block {
  const more = run(lines, at + 1, (_line, n) => READERS.every((read) => read(lines, n) === null));
  return { html: `<p>${inline(lines.slice(at, at + 1 + more).join('\n').trim())}</p>`, lines: more + 1 };
}

function run(lines: readonly string[], at: number, fits: (line: string, n: number) => boolean): number {
  let count = 0;
  while (at + count < lines.length && fits(lines[at + count] ?? '', at + count)) count += 1;
  return count;
}
