/** A place in the repository that an answer points at: `path:line`, `path:from-to`, or as forges write it `path#L1-L2`. */
export interface Citation {
  readonly path: string;
  readonly fromLine: number;
  readonly toLine: number;
  /** As it stands in the text. */
  readonly text: string;
}

/** Brackets belong to a path only in pairs, as in app/[id]/page.tsx. A path cannot begin in the middle of another. */
const SEGMENT = String.raw`(?:[\w@.+-]|\[[\w.-]+\]|\([\w.-]+\))+`;
const CANDIDATE = new RegExp(String.raw`(?<![\w/:.@+\])-])((?:\.{0,2}/)?(?:${SEGMENT}/)*${SEGMENT})(?::|#L)(\d{1,7})(?:\s?[-–]\s?L?(\d{1,7}))?(?![\w:])`, 'g');
const HOST = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|(?:[\w-]+\.)+(?:com|org|net|io|dev|local|internal|example|test|invalid))$/i;

/** All places that a text points at, each once. Addresses with a port, times and versions are none. */
export function citationsIn(markdown: string): Citation[] {
  const found = new Map<string, Citation>();
  for (const [text, path = '', from = '', to] of markdown.matchAll(CANDIDATE)) {
    if (!looksLikePath(path)) continue;
    found.set(text, { path: path.replace(/^\.\//, ''), fromLine: Number(from), toLine: Number(to ?? from), text });
  }
  return [...found.values()];
}

function looksLikePath(path: string): boolean {
  const [first = ''] = path.replace(/^\.{0,2}\//, '').split('/');
  if (HOST.test(first)) return false;
  if (path.includes('/')) return true;
  if (/^[\d.]+$/.test(path)) return false;
  return /[A-Za-z_]\w*\.[A-Za-z]\w{0,14}$|^\.[A-Za-z][\w.-]*$/.test(path) || /^(?:Makefile|Dockerfile|Gemfile|Rakefile|LICENSE|README|CHANGELOG|Procfile|Jenkinsfile|Vagrantfile)$/.test(path);
}
