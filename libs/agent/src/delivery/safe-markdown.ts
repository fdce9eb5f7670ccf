import { showInvisible } from '../text/printable';

/** Links to these hosts (and their subdomains) stay. */
export const DEFAULT_LINK_HOSTS: readonly string[] = ['github.com'];

const CLOSING_KEYWORD = /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(:?\s+)((?:[\w.-]+\/[\w.-]+)?#|https?:\/\/[^\s)]+\/(?:issues|pull)\/|gh-)(\d+)/gi;
const MENTION = /(^|[^\w`/@.-])@(?=[A-Za-z0-9])/gm;

/**
 * Markdown written by a model, made harmless for a forge: nobody is notified, no issue is closed, no picture is loaded from
 * elsewhere and no HTML is taken. Code stays as it is.
 */
export function safeMarkdown(markdown: string, linkHosts: readonly string[] = DEFAULT_LINK_HOSTS): string {
  return splitCode(showInvisible(markdown)).map(({ code, text }) => (code ? text : safeProse(text, linkHosts))).join('');
}

/** Plain text for a commit message: no mention, no closing keyword. */
export function safePlainText(text: string): string {
  return withoutClosing(showInvisible(text)).replace(MENTION, '$1');
}

/** Lengths are bounded so that no text takes long: what is longer is no link any more once its address is taken for code. */
const PICTURE = /!\[([^\]\n]{0,300})\]\s?(?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,300}\])/g;
const LINK = /\[([^\]\n]{0,300})\]\(([^)\n]{0,2000})\)/g;
const LINK_DEFINITION = /^[ \t]{0,12}\[[^\]\n]{1,300}\]:[ \t]*(\S*).*$/gm;
const HTML_TAG = /<(?=[A-Za-z/!?])(?!https?:\/\/)/g;
const ADDRESS = /<?\b(?:https?|ftp):\/\/[^\s<>)\]'"]+>?/gi;

function safeProse(text: string, hosts: readonly string[]): string {
  const links = text
    .replace(PICTURE, (_all, alt: string) => `[picture left out${alt === '' ? '' : `: ${alt}`}]`)
    .replace(LINK_DEFINITION, (line, url: string) => (isAllowed(url.replace(/[<>]/g, ''), hosts) ? line : ''))
    .replace(LINK, (all: string, label: string, inside: string) => {
      const url = (inside.trim().split(/\s/, 1)[0] ?? '').replace(/[<>]/g, '');
      return isAllowed(url, hosts) ? all : `${label} (link to ${hostOf(url)} left out)`;
    })
    .replace(HTML_TAG, '&lt;')
    .replace(ADDRESS, (url) => (isAllowed(url.replace(/[<>]/g, ''), hosts) ? url : `\`${url.replace(/[<>`]/g, '')}\``));
  return withoutClosing(links).replace(MENTION, '$1@&#8203;');
}

/** "fixes #12" closes an issue wherever it stands; "fixes issue 12" does not. */
function withoutClosing(text: string): string {
  return text.replace(CLOSING_KEYWORD, '$1$2issue $4');
}

/** Relative links stay in the repository. */
function isAllowed(url: string, hosts: readonly string[]): boolean {
  if (/^(?:#|\.{0,2}\/(?!\/)|[\w.-]+(?:\/|$|#))/.test(url) && !/^[\w.+-]+:/.test(url)) return true;
  const host = hostOf(url);
  return /^https?:\/\//i.test(url) && hosts.some((allowed) => host === allowed || host.endsWith(`.${allowed}`));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname || 'another place' : 'another place';
}

interface Piece {
  readonly code: boolean;
  readonly text: string;
}

/** Fenced blocks and inline code apart from prose. A fence that is never closed is closed at the end, as forges read it. */
function splitCode(markdown: string): Piece[] {
  const pieces: Piece[] = [];
  let open: string | null = null;
  let lines: string[] = [];
  const take = (): void => {
    if (lines.length > 0) pieces.push(...(open === null ? splitInlineCode(lines.join('')) : [{ code: true, text: lines.join('') }]));
    lines = [];
  };
  for (const line of markdown.split(/(?<=\n)/)) {
    const fence = fenceOf(line);
    const opens = open === null && fence?.mayOpen === true;
    const closes = open !== null && fence?.mayClose === true && fence.marks.startsWith(open);
    if (opens) {
      take();
      open = fence.marks;
    }
    lines.push(line);
    if (!closes) continue;
    take();
    open = null;
  }
  if (open !== null) lines.push(lines.at(-1)?.endsWith('\n') ? open : `\n${open}`);
  take();
  return pieces;
}

function fenceOf(line: string): { marks: string; mayOpen: boolean; mayClose: boolean } | null {
  const [, marks, info = ''] = /^ {0,3}(`{3,}|~{3,})([^\n]*)/.exec(line) ?? [];
  return marks === undefined ? null : { marks, mayOpen: !info.includes('`'), mayClose: info.trim() === '' };
}

function splitInlineCode(prose: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of prose.matchAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g)) {
    pieces.push({ code: false, text: prose.slice(from, found.index) }, { code: true, text: found[0] });
    from = found.index + found[0].length;
  }
  return [...pieces, { code: false, text: prose.slice(from) }];
}
