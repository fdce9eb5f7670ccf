/**
 * A glob as a regular expression over whole paths: `*`, `?`, `**`, `{a,b}`. As git's pathspecs here, a pattern without a slash
 * matches at any depth.
 */
export function globToRegExp(glob: string): RegExp {
  const pattern = glob.replace(/^\.?\/+/, '');
  const anchored = pattern.includes('/') || pattern === '**' ? pattern : `**/${pattern}`;
  return new RegExp(`^${translate(anchored)}$`);
}

/** Whether the path matches one of the globs. */
export function matchesAny(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => globToRegExp(glob).test(path));
}

const TOKEN = /\*\*\/|\*\*|\*|\?|\{[^{}]*\}|[^*?{]+|\{/g;

function translate(pattern: string): string {
  return (pattern.match(TOKEN) ?? []).map((token) => translateToken(token)).join('');
}

function translateToken(token: string): string {
  if (token === '**/') return '(?:[^/]+/)*';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.startsWith('{') && token.endsWith('}')) return `(?:${token.slice(1, -1).split(',').map((choice) => translate(choice)).join('|')})`;
  return token.replace(/[.+^${}()|[\]\\]/g, '\\$&');
}
