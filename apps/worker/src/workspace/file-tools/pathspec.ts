const MAX_ALTERNATIVES = 64;

/** A glob as git's pathspecs: `{a,b}` is spelled out, and a pattern without a slash matches at any depth. */
export function pathspecs(glob: string | undefined, folder: string | undefined): string[] {
  const prefix = folder === undefined || folder === '' || folder === '.' ? '' : `${literal(folder.replace(/^\.\//, '').replace(/\/+$/, ''))}`;
  if (glob === undefined || glob === '') return prefix === '' ? [] : [`:(glob)${prefix}`, `:(glob)${prefix}/**`];
  return expandBraces(glob.replace(/^\.?\/+/, '')).map((pattern) => `:(glob)${prefix === '' ? '' : `${prefix}/`}${pattern.includes('/') ? pattern : `**/${pattern}`}`);
}

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts`; braces that do not pair stay as they are. */
export function expandBraces(pattern: string): string[] {
  let open: readonly string[] = [pattern];
  for (let more = true; more && open.length <= MAX_ALTERNATIVES; ) {
    const next = [...new Set(open.flatMap((item) => spellOut(item)))];
    more = next.length > open.length || next.some((item, i) => item !== open[i]);
    open = next;
  }
  return open.slice(0, MAX_ALTERNATIVES);
}

/** The innermost group of one pattern. */
function spellOut(pattern: string): string[] {
  const group = /\{([^{}]*,[^{}]*)\}/.exec(pattern);
  if (!group) return [pattern];
  const [before, after] = [pattern.slice(0, group.index), pattern.slice(group.index + group[0].length)];
  return (group[1] ?? '').split(',').map((choice) => before + choice + after);
}

function literal(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&');
}
