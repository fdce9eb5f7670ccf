import { defineTool } from './tool';

const MAX_PATHS = 300;

export const globTool = defineTool<{ pattern: string }>({
  name: 'glob',
  description: 'Find files by name, for example **/*.test.ts or src/**/{a,b}.js. A pattern without a slash matches in every folder. Files that git ignores are left out.',
  parameters: {
    type: 'object',
    properties: { pattern: { type: 'string', description: 'The glob, relative to the repository\'s root.', minLength: 1, maxLength: 500 } },
    required: ['pattern'],
    additionalProperties: false,
  },
  readOnly: true,

  async run({ pattern }, { workspace }) {
    const { paths, truncated } = await workspace.glob(pattern, MAX_PATHS);
    if (paths.length === 0) return { text: `no file matches ${pattern}` };
    return { text: [...paths, ...(truncated ? [`[only the first ${MAX_PATHS}: narrow the pattern]`] : [])].join('\n') };
  },
});
