import { WorkspaceError, type ChangedFile, type Workspace } from '../workspace';
import { packageScripts } from './check-rules';

/** A sentence for reviewers when the work changed the file that says how it is checked; null when it did not. */
export async function ownExamNote(source: string, files: readonly ChangedFile[], workspace: Workspace): Promise<string | null> {
  if (!files.some((file) => file.path === source || file.oldPath === source)) return null;
  if (source === 'package.json' && (await sameScripts(workspace))) return null;
  return `This change edits ${source}, which says what the checks do: look at that part with care.`;
}

async function sameScripts(workspace: Workspace): Promise<boolean> {
  const [base, head] = await Promise.all([workspace.base.read('package.json', 1, 5_000), workspace.readWhole('package.json')].map((reading) => reading.catch(ignoreRefusal)));
  if (!base || !head || !('lines' in base) || !('content' in head)) return false;
  return JSON.stringify(packageScripts(base.lines.join('\n'))) === JSON.stringify(packageScripts(head.content));
}

function ignoreRefusal(error: unknown): null {
  if (error instanceof WorkspaceError) return null;
  throw error;
}
