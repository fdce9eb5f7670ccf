import type { Definition, FileTags } from '../workspace';

const RULES: readonly { readonly kind: Definition['kind']; readonly pattern: RegExp }[] = [
  { kind: 'class', pattern: /^\s*(?:export\s+)?class\s+([A-Za-z_$][\w$]*)/ },
  { kind: 'type', pattern: /^\s*(?:export\s+)?(?:interface|type)\s+([A-Za-z_$][\w$]*)/ },
  { kind: 'function', pattern: /^\s*(?:export\s+)?(?:async\s+)?(?:function\*?|def)\s+([A-Za-z_$][\w$]*)/ },
  { kind: 'value', pattern: /^(?:export\s+)?const\s+([A-Za-z_$][\w$]*)/ },
];

/** Names in a source file as a line by line look finds them: enough for tests without a parser. Null: the file is of no language. */
export function smallTags(path: string, content: string): FileTags | null {
  if (!/\.(m?[jt]sx?|py)$/.test(path) || content.includes('\0')) return null;
  const definitions: Definition[] = [];
  const counts = new Map<string, number>();
  content.split('\n').forEach((text, n) => {
    const found = RULES.map(({ kind, pattern }) => ({ kind, name: pattern.exec(text)?.[1] })).find(({ name }) => name !== undefined);
    if (found?.name !== undefined) definitions.push({ name: found.name, kind: found.kind, line: n + 1, text: text.trim() });
    for (const [word] of text.replace(/(["'`]).*?\1/g, '').matchAll(/[A-Za-z_$][\w$]+/g)) if (word !== found?.name) counts.set(word, (counts.get(word) ?? 0) + 1);
  });
  return { path, definitions, references: [...counts] };
}
