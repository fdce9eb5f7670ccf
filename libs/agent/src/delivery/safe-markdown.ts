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

function safeProse(text: string, hosts: readonly string[]): string {
  const links = text
    .replace(/!\[([^\]\n]*)\]\s*(?:\([^)\n]*\)|\[[^\]\n]*\])/g, (_all, alt: string) => `[picture left out${alt === '' ? '' : `: ${alt}`}]`)
    .replace(/^[ \t]*\[[^\]\n]+\]:[ \t]*\S.*$/gm, (line) => (isAllowed(/:[ \t]*<?(\S+?)>?(?:\s|$)/.exec(line.slice(line.indexOf(']')))?.[1] ?? '', hosts) ? line : ''))
    .replace(/\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)/g, (all: string, label: string, url: string) => (isAllowed(url, hosts) ? all : `${label} (link to ${hostOf(url)} left out)`))
    .replace(/<(?=[A-Za-z/!?])(?!https?:\/\/)/g, '&lt;')
    .replace(/<?\b(?:https?|ftp):\/\/[^\s<>)\]'"]+>?/gi, (url) => (isAllowed(url.replace(/[<>]/g, ''), hosts) ? url : `\`${url.replace(/[<>`]/g, '')}\``));
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

/** Fenced blocks and inline code apart from prose. What is not closed is prose. */
function splitCode(markdown: string): { code: boolean; text: string }[] {
  const pieces: { code: boolean; text: string }[] = [];
  const pattern = /^ {0,3}(`{3,}|~{3,})[^\n`]*\n[\s\S]*?\n {0,3}\1[`~]*[ \t]*(?=\n|$)|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\2(?!`)/gm;
  let from = 0;
  for (const found of markdown.matchAll(pattern)) {
    pieces.push({ code: false, text: markdown.slice(from, found.index) }, { code: true, text: found[0] });
    from = found.index + found[0].length;
  }
  return [...pieces, { code: false, text: markdown.slice(from) }];
}
