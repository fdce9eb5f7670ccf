import { repoMap } from '../repo-map/repo-map';
import { defineTool } from './tool';

const MAX_TOKENS = 2_000;

export const repoMapTool = defineTool<{ focus?: string; path?: string }>({
  name: 'repo_map',
  description: 'A map of the code: the most important definitions (classes, functions, types) with path and line, ranked by what uses them and by your focus. A way in where you do not know the code; use grep and read from there.',
  parameters: {
    type: 'object',
    properties: {
      focus: { type: 'string', description: 'Words, names or paths that matter for the work; left out: the task.', maxLength: 2_000 },
      path: { type: 'string', description: 'Only this folder.' },
    },
    required: [],
    additionalProperties: false,
  },
  readOnly: true,
  pathArguments: { path: 'read' },

  async run({ focus, path }, { workspace, task, signal }) {
    const map = await repoMap(workspace, { text: focus?.trim() ? focus : task.prompt, ...(path ? { folder: path } : {}), maxTokens: MAX_TOKENS, signal });
    return { text: map ?? `no definitions were found${path ? ` in ${path}` : ''}: the files are of no language that the map knows; use glob and grep` };
  },
});
