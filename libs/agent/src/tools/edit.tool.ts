import { defineTool, failure } from './tool';
import { applyEdit } from './edit-text';

const CONTEXT_LINES = 3;
const SNIPPET_LINES = 24;

export const editTool = defineTool<{ path: string; old: string; new: string; replaceAll?: boolean }>({
  name: 'edit',
  description: 'Replace text in a file. "old" must be copied exactly from the file (without the line numbers) and occur once; add lines around it until it does, or set replaceAll. Read the file first.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'Path relative to the repository\'s root.', minLength: 1 },
      old: { type: 'string', description: 'The text as it stands in the file.' },
      new: { type: 'string', description: 'The text that takes its place; empty removes it.' },
      replaceAll: { type: 'boolean', description: 'Replace every occurrence.' },
    },
    required: ['path', 'old', 'new'],
    additionalProperties: false,
  },
  readOnly: false,
  pathArguments: { path: 'write' },

  async run({ path, old, new: fresh, replaceAll = false }, { workspace, versions }) {
    if (!versions.isKnown(path)) return failure(`Read ${path} before you edit it.`);
    const { content, hash } = await workspace.readWhole(path);
    if (!versions.isCurrent(path, hash)) return failure(`${path} changed since you read it. Read it again.`);
    const result = applyEdit(content, { old, new: fresh, replaceAll });
    if (!result.ok) return failure(`${path}: ${result.reason}`);
    const { hash: written } = await workspace.write(path, result.content, hash);
    const times = result.replaced === 1 ? `line ${result.line}` : `${result.replaced} places`;
    return { text: `${path} (edited at ${times}) [version ${versions.note(path, written)}]\n${snippet(result.content, result.line, fresh.split('\n').length)}` };
  },
});

function snippet(content: string, line: number, height: number): string {
  const lines = content.split('\n');
  const from = Math.max(1, line - CONTEXT_LINES);
  const to = Math.min(lines.length, line + Math.min(height, SNIPPET_LINES) + CONTEXT_LINES - 1);
  return lines.slice(from - 1, to).map((text, n) => `${String(from + n).padStart(5)}\t${text.replace(/\r$/, '')}`).join('\n');
}
