import { escaped } from './html';

/** Entities that a writer put in on purpose, such as a space of no width behind an "@". */
const ENTITY = /&amp;(#\d{1,6}|lt|gt|amp|quot|nbsp);/g;
const CODE = /(`+)([\s\S]*?[^`])\1(?!`)/g;

/** Code, emphasis and links inside a line. */
export function inline(source: string): string {
  let text = '';
  let at = 0;
  for (const match of source.matchAll(CODE)) {
    text += spans(source.slice(at, match.index)) + `<code>${escaped(match[2] ?? '').trim()}</code>`;
    at = match.index + match[0].length;
  }
  return text + spans(source.slice(at));
}

function spans(source: string): string {
  return escaped(source)
    .replace(ENTITY, '&$1;')
    .replace(/!?\[([^\]]*)\]\(([^()\s]+)\)/g, (whole, label: string, target: string) => (isSafe(target) ? `<a href="${target}" rel="nofollow noreferrer">${label}</a>` : whole))
    .replace(/(^|[\s(])(https?:\/\/[^\s<]*[^\s<.,;:!?)])/g, '$1<a href="$2" rel="nofollow noreferrer">$2</a>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|[^\w*])\*([^*\s][^*]*)\*(?!\w)/g, '$1<em>$2</em>')
    .replace(/(^|[^\w_])_([^_\s][^_]*)_(?!\w)/g, '$1<em>$2</em>')
    .replace(/~~([^~]+)~~/g, '<del>$1</del>')
    .replace(/\\([\\`*_{}[\]()#+.!|-])/g, '$1')
    .replace(/(?: {2,}|\\)\n/g, '<br>');
}

function isSafe(target: string): boolean {
  return /^(https?:\/\/|#|\/(?!\/))/i.test(target);
}
