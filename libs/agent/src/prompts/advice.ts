import { Focus } from '../repo-map/focus';
import { WorkspaceError, type Tree } from '../workspace';

/** Files at the root that tell agents how to work in a repository, whoever made the agent. */
const ROOT_FILES = ['AGENTS.md', 'CLAUDE.md', '.cursorrules', '.github/copilot-instructions.md'];
const MAX_CHARACTERS = 16_000;
const MAX_NESTED_CHARACTERS = 4_000;
const MAX_NESTED = 4;
const MAX_LISTED = 20;
const MAX_LINES = 1_000;

/** What a repository advises its helpers, for the folders that the task names in full; '' when nothing. Advice, never configuration. */
export async function repositoryAdvice(base: Tree, task: string): Promise<string> {
  const nested = (await base.glob('**/AGENTS.md', 200)).paths.filter((path) => path.includes('/'));
  const concerned = nested.filter((path) => isConcerned(path, new Focus(task).paths)).slice(0, MAX_NESTED);
  const files: { path: string; text: string }[] = [];
  let room = MAX_CHARACTERS;
  for (const path of [...ROOT_FILES, ...concerned]) {
    const text = await textOf(base, path);
    // Many repositories keep the same text under several names, or one that only points at another.
    if (text === '' || files.some((file) => file.text === text) || /^@?\S+\.md$/.test(text)) continue;
    const limit = Math.min(room, concerned.includes(path) ? MAX_NESTED_CHARACTERS : MAX_CHARACTERS);
    if (limit > 0) files.push({ path, text: text.length <= limit ? text : `${text.slice(0, limit)}\n[shortened: read ${path} for the rest]` });
    room -= text.length;
  }
  const others = nested.filter((path) => !concerned.includes(path));
  return [...files.map(({ path, text }) => `(${path})\n${text}`), ...(others.length === 0 ? [] : [listOf(others)])].join('\n\n');
}

function listOf(paths: readonly string[]): string {
  const shown = paths.slice(0, MAX_LISTED).join(', ');
  return `More advice stands in ${shown}${paths.length > MAX_LISTED ? ` and ${paths.length - MAX_LISTED} more` : ''}: read it before you change files in that folder.`;
}

/** Whether a path of the task lies in the folder of that file. */
function isConcerned(advice: string, named: readonly string[]): boolean {
  const folder = advice.slice(0, advice.lastIndexOf('/'));
  return named.some((path) => path === folder || path.startsWith(`${folder}/`));
}

async function textOf(base: Tree, path: string): Promise<string> {
  try {
    return (await base.read(path, 1, MAX_LINES)).lines.join('\n').trim();
  } catch (error) {
    if (error instanceof WorkspaceError) return '';
    throw error;
  }
}
