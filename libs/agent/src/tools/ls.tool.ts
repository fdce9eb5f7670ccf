import { defineTool } from './tool';

const MAX_ENTRIES = 500;

export const lsTool = defineTool<{ path?: string }>({
  name: 'ls',
  description: 'List one folder. Folders end with /.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string', description: 'Folder relative to the repository\'s root; left out: the root.' } },
    required: [],
    additionalProperties: false,
  },
  readOnly: true,
  pathArguments: { path: 'read' },

  async run({ path = '' }, { workspace }) {
    const entries = (await workspace.list(path)).filter((entry) => nameOf(entry.path) !== '.git');
    if (entries.length === 0) return { text: '[the folder is empty]' };
    const lines = entries.slice(0, MAX_ENTRIES).map((entry) => {
      const name = nameOf(entry.path);
      if (entry.kind === 'folder') return `${name}/`;
      return entry.kind === 'link' ? `${name} (link)` : `${name} (${entry.sizeBytes} bytes)`;
    });
    const more = entries.length > MAX_ENTRIES ? [`[${entries.length - MAX_ENTRIES} more entries: use glob]`] : [];
    return { text: [...lines, ...more].join('\n') };
  },
});

function nameOf(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? path;
}
