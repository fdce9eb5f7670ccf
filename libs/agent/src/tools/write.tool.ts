import { WorkspaceError } from '../workspace';
import { defineTool, failure, type ToolContext } from './tool';

const MAX_CHARACTERS = 500_000;

export const writeTool = defineTool<{ path: string; content: string }>({
  name: 'write',
  description: 'Make a new file, or replace a small one that you have read. For changes to an existing file use edit.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'Path relative to the repository\'s root; missing folders are made.', minLength: 1 },
      content: { type: 'string', description: 'The whole text of the file.', maxLength: MAX_CHARACTERS },
    },
    required: ['path', 'content'],
    additionalProperties: false,
  },
  readOnly: false,
  pathArguments: { path: 'write' },

  async run({ path, content }, { workspace, versions }) {
    const there = await currentHash(path, workspace);
    if (there !== null && !versions.isKnown(path)) return failure(`${path} exists. Read it before you replace it, or use edit.`);
    if (there !== null && !versions.isCurrent(path, there)) return failure(`${path} changed since you read it. Read it again.`);
    const { hash } = await workspace.write(path, content, there);
    const lines = content === '' ? 0 : content.split('\n').length - (content.endsWith('\n') ? 1 : 0);
    return { text: `${path} (${there === null ? 'made' : 'replaced'}, ${lines} lines) [version ${versions.note(path, hash)}]` };
  },
});

async function currentHash(path: string, workspace: ToolContext['workspace']): Promise<string | null> {
  try {
    return (await workspace.readWhole(path)).hash;
  } catch (error) {
    if (error instanceof WorkspaceError && error.code === 'not_found') return null;
    throw error;
  }
}
