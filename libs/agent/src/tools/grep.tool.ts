import { defineTool } from './tool';

const MAX_MATCHES = 100;
const MAX_LINE_CHARACTERS = 500;

export const grepTool = defineTool<{ pattern: string; path?: string; glob?: string; ignoreCase?: boolean }>({
  name: 'grep',
  description: 'Search in files with an extended regular expression; answers path:line: text. Files that git ignores are left out.',
  parameters: {
    type: 'object',
    properties: {
      pattern: { type: 'string', description: 'POSIX extended regular expression, matched line by line.', minLength: 1, maxLength: 1_000 },
      path: { type: 'string', description: 'Search only in this file or folder.' },
      glob: { type: 'string', description: 'Search only in files that match, for example *.ts.', maxLength: 500 },
      ignoreCase: { type: 'boolean', description: 'Upper and lower case are the same.' },
    },
    required: ['pattern'],
    additionalProperties: false,
  },
  readOnly: true,
  pathArguments: { path: 'read' },

  async run({ pattern, path, glob, ignoreCase }, { workspace }) {
    const query = { pattern, ...(path ? { path } : {}), ...(glob ? { glob } : {}), ...(ignoreCase ? { ignoreCase } : {}), maxMatches: MAX_MATCHES };
    const { matches, truncated } = await workspace.search(query);
    if (matches.length === 0) return { text: 'no match' };
    const lines = matches.map((match) => `${match.path}:${match.line}: ${match.text.length > MAX_LINE_CHARACTERS ? `${match.text.slice(0, MAX_LINE_CHARACTERS)}…` : match.text}`);
    return { text: [...lines, ...(truncated ? [`[only the first ${MAX_MATCHES}: narrow the search]`] : [])].join('\n') };
  },
});
