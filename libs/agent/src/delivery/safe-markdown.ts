import { showInvisible } from '../text/printable';
import { splitCode } from './markdown-code';

/** Links to these hosts (and their subdomains) stay. */
export const DEFAULT_LINK_HOSTS: readonly string[] = ['github.com'];

/** Also with emphasis or a backslash between the word and the number. */
const CLOSING_KEYWORD = /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)([*_~]{0,3}:?\s+[*_~\\]{0,4})((?:[\w.-]+\/[\w.-]+)?#|https?:\/\/[^\s)]+\/(?:issues|pull)\/|gh-)(\d+)/gi;
/** GitHub looks at what is rendered: an underscore may be the begin of emphasis, a backslash is gone by then. */
const MENTION = /(^|[^A-Za-z0-9])@(?=[A-Za-z0-9])/gm;
/** owner/name#1, owner#1: an issue of another repository, which would show a link back to ours. */
const FOREIGN_ISSUE = /([\w.-])(\\?)#(?=\d)/g;
const FOREIGN_COMMIT = /([\w-]\/[\w.-]{1,100})@(?=[0-9a-f]{7,40}\b)/gi;
const FORGE_OBJECT = /^https?:\/\/[^/\s]+\/([\w.-]+\/[\w.-]+)\/(?:-\/)?(?:issues|pull|pulls|merge_requests|discussions|commit|compare)(?:\/|$)/i;
/** "[skip ci]" and its like keep the checks of a change from running: not the model's to say. */
const SKIP_WORDS = /\[((?:skip|no)[ _-][\w-]{1,30}|[\w-]{1,30}[ _-]skip)\]|\*\*\*(NO_CI)\*\*\*/gi;
/** "/merge", "/approve": orders to bots stand at the begin of a line. */
const BOT_ORDER = /^([ \t>*+-]*)\/(?=[a-z][\w-]*(?:[ \t]|$))/gim;
/** Anything that only becomes "@" or "#" when it is rendered; what we write ourselves stays. */
const ENTITY = /&(?!(?:lt|gt|amp|quot|nbsp|#8203);)(?=#?\w{1,32};)/g;

/** Lengths are bounded so that no text takes long: what is longer is no link any more once its address is taken for code. */
const PICTURE = /!\[([^\]\n]{0,300})\](?:\s?(?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,300}\]))?/g;
const LINK = /\[([^\]\n]{0,300})\]\(([^)\n]{0,2000})\)/g;
/** Whatever the label is: brackets within it, or more than one line. */
const ANY_TARGET = /\]\(\s{0,20}<?([^)\s>]{0,2000})/g;
const LINK_DEFINITION = /^[ \t>*+\d.)-]{0,20}\[[^\]\n]{1,300}\]:[ \t]*(\S*).*$/gm;
const HTML_TAG = /<(?=[A-Za-z/!?])(?!https?:\/\/)/g;
const ADDRESS = /<?\b(?:(?:https?|ftp):\/\/|www\.)[^\s<>)\]'"`]+>?/gi;

/**
 * Markdown written by a model, made harmless for a forge: nobody is notified, no issue is closed or linked from elsewhere, no picture is
 * loaded, no HTML is taken and no bot is ordered about. Code stays as it is. Links stay where they lead into `ownRepository` (owner/name),
 * or to one of the hosts but not to an issue, a pull request or a commit there.
 */
export function safeMarkdown(markdown: string, linkHosts: readonly string[] = DEFAULT_LINK_HOSTS, ownRepository?: string): string {
  const rules: LinkRules = { hosts: linkHosts, own: ownRepository?.toLowerCase() ?? null };
  return splitCode(showInvisible(markdown)).map(({ code, text }) => (code ? text : safeProse(text, rules))).join('');
}

/** Plain text for a commit message or a title: no mention, no closing keyword, no reference to another repository, and no word that stops CI. */
export function safePlainText(text: string): string {
  return withoutClosing(showInvisible(text))
    .replace(MENTION, '$1')
    .replace(ADDRESS, (url) => (FORGE_OBJECT.test(url) ? 'a page elsewhere' : url))
    .replace(FOREIGN_ISSUE, '$1 ')
    .replace(FOREIGN_COMMIT, '$1 ')
    .replace(SKIP_WORDS, (_all, words?: string, stars?: string) => `(${words ?? stars ?? ''})`);
}

interface LinkRules {
  readonly hosts: readonly string[];
  readonly own: string | null;
}

function safeProse(text: string, rules: LinkRules): string {
  const links = withoutClosing(text.replace(ENTITY, '&amp;'))
    .replace(PICTURE, (_all, alt: string) => `[picture left out${alt === '' ? '' : `: ${alt}`}]`)
    .replace(/!\[/g, '[')
    .replace(LINK_DEFINITION, (line, url: string) => (isAllowed(bare(url), rules) ? line : ''))
    .replace(LINK, (all: string, label: string, inside: string) => {
      const url = bare(inside.trim().split(/\s/, 1)[0] ?? '');
      return isAllowed(url, rules) ? all : `${label} (link to ${hostOf(url)} left out)`;
    })
    .replace(ANY_TARGET, (all: string, url: string) => (isAllowed(bare(url), rules) ? all : all.replace('](', '] (')))
    .replace(HTML_TAG, '&lt;')
    .replace(ADDRESS, (url) => (isAllowed(bare(url), rules) ? url : `\`${url.replace(/[<>`]/g, '')}\``));
  const plain = withoutClosing(links).replace(BOT_ORDER, '$1&#8203;/');
  return plain.replace(MENTION, '$1@&#8203;').replace(FOREIGN_COMMIT, '$1@&#8203;').replace(FOREIGN_ISSUE, (all, before: string, slash: string, at: number) => (isAnchor(plain, at) ? all : `${before}${slash}#&#8203;`));
}

/** "fixes #12" closes an issue wherever it stands; "fixes issue 12" does not. */
function withoutClosing(text: string): string {
  return text.replace(CLOSING_KEYWORD, '$1$2issue $4');
}

/** Whether the place lies in an address that was left in: page#1 is no issue there. */
function isAnchor(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 300), at);
  return /\]\([^\s)]*$/.test(before) || /^(?:https?:\/\/|\.{0,2}\/)/i.test(before.split(/[\s(<]/).at(-1) ?? '');
}

/** Relative links stay in the repository. */
function isAllowed(url: string, { hosts, own }: LinkRules): boolean {
  if (url.includes('\\')) return false;
  if (/^(?:#|\.{0,2}\/(?!\/)|[\w.-]+(?:\/|$|#))/.test(url) && !/^(?:[\w.+-]+:|www\.)/i.test(url)) return true;
  const host = hostOf(url);
  if (!/^https?:\/\//i.test(url) || !hosts.some((allowed) => host === allowed || host.endsWith(`.${allowed}`))) return false;
  const object = FORGE_OBJECT.exec(url)?.[1]?.toLowerCase();
  return object === undefined || object === own;
}

function bare(url: string): string {
  return url.replace(/[<>]/g, '');
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname || 'another place' : 'another place';
}
