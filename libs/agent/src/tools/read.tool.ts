import { defineTool, failure } from './tool';

const MAX_LINES = 2_000;
const MAX_CHARACTERS = 50_000;
const MAX_LINE_CHARACTERS = 2_000;

export const readTool = defineTool<{ path: string; offset?: number; limit?: number }>({
  name: 'read',
  description: 'Read a text file. Lines come numbered; the numbers are not part of the file. Read a file before you edit it.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'Path relative to the repository\'s root.', minLength: 1 },
      offset: { type: 'integer', description: 'First line, from 1.', minimum: 1, maximum: 10_000_000 },
      limit: { type: 'integer', description: `Lines at most (${MAX_LINES}).`, minimum: 1, maximum: MAX_LINES },
    },
    required: ['path'],
    additionalProperties: false,
  },
  readOnly: true,
  pathArguments: { path: 'read' },
  limit: { characters: MAX_CHARACTERS + 10_000, headShare: 0.9 },

  async run({ path, offset = 1, limit = MAX_LINES }, { workspace, versions }) {
    const slice = await workspace.read(path, offset, limit);
    if (slice.totalLines > 0 && slice.lines.length === 0) return failure(`${path} has only ${slice.totalLines} lines; offset ${offset} is behind the end`);
    const shown = fitting(slice.lines);
    const last = slice.fromLine + shown.length - 1;
    const head = `${path} lines ${Math.min(slice.fromLine, last)}-${last} of ${slice.totalLines} [version ${versions.note(path, slice.hash)}]`;
    const body = shown.map((line, n) => `${String(slice.fromLine + n).padStart(5)}\t${cut(line)}`);
    const more = last < slice.totalLines ? [`[${slice.totalLines - last} more lines: read on with offset ${last + 1}]`] : [];
    return { text: [head, ...(slice.totalLines === 0 ? ['[the file is empty]'] : body), ...more].join('\n') };
  },
});

function fitting(lines: readonly string[]): readonly string[] {
  let characters = 0;
  const over = lines.findIndex((line) => (characters += Math.min(line.length, MAX_LINE_CHARACTERS) + 7) > MAX_CHARACTERS);
  return over < 0 ? lines : lines.slice(0, Math.max(1, over));
}

function cut(line: string): string {
  return line.length <= MAX_LINE_CHARACTERS ? line : `${line.slice(0, MAX_LINE_CHARACTERS)}… [line of ${line.length} characters]`;
}
