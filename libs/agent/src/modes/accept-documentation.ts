import { cleanDiff } from '../delivery/clean-diff';
import type { Submission } from '../journal';
import { parsePatch, type PatchFile } from '../review/patch';
import { codeChange } from '../verify/comments/comment-only';
import { WorkspaceError, type ChangedFile, type Tree } from '../workspace';
import { acceptChange } from './accept-change';
import { isDocument } from './document-paths';
import { notDelivered, type AcceptContext, type Acceptance } from './mode';

const MAX_REFUSALS = 3;
const MAX_SHOWN = 10;
const MAX_LINES = 50_000;
const PLAIN_MODES = ['100644', '100755'];

/** The gate in front of every documentation: only documents and comments differ, whatever way they were changed; then all that holds for a change. */
export async function acceptDocumentation(submission: Submission, context: AcceptContext): Promise<Acceptance> {
  const diff = await context.workspace.diff();
  const { kept } = cleanDiff({ files: diff.files, discard: submission.discard, allowCiFiles: context.task.allowCiFiles });
  const patches = new Map(parsePatch(diff.patch).map((file) => [file.path, file]));
  const faults: string[] = [];
  for (const file of kept) {
    const fault = await faultOf(file, patches.get(file.path) ?? null, context);
    if (fault !== null) faults.push(fault);
  }
  if (faults.length === 0) return acceptChange(submission, context);
  const shown = `${faults.slice(0, MAX_SHOWN).join('; ')}${faults.length > MAX_SHOWN ? `; and ${faults.length - MAX_SHOWN} more` : ''}`;
  if (context.refusals('code_changed') >= MAX_REFUSALS) return notDelivered(`More than documents and comments was changed: ${shown}.`, 'verification_failed');
  return { accepted: false, code: 'code_changed', reason: `More than documents and comments differs from the base: ${shown}. Put the code back exactly as it was (or name the file in "discard"), and submit again.` };
}

/** Why a changed file may not be changed so; null: it may. */
async function faultOf(file: ChangedFile, patch: PatchFile | null, { workspace }: AcceptContext): Promise<string | null> {
  const kind = patch === null ? 'the change cannot be shown' : kindFault(patch);
  if (kind !== null) return `${file.path}: ${kind}`;
  if (isDocument(file.path) && (file.oldPath === null || isDocument(file.oldPath))) return null;
  if (file.status !== 'modified' || file.oldPath !== null) return `${file.path}: it is no document, so it cannot be ${file.status}`;
  const [before, after] = [await textOf(workspace.base, file.path), await textOf(workspace, file.path)];
  if (before === null || after === null) return `${file.path}: it cannot be compared`;
  const change = codeChange(file.path, before, after);
  return change === null ? null : `${file.path}:${change.line}: ${change.reason}`;
}

/** A text is a plain file before and after, and is not made into a program. */
function kindFault({ modes, status }: PatchFile): string | null {
  if (modes.some((mode) => !PLAIN_MODES.includes(mode))) return 'a link is no document';
  if (new Set(modes).size > 1) return 'whether it may be run was changed';
  return status === 'added' && modes.includes('100755') ? 'a document is not run' : null;
}

async function textOf(tree: Tree, path: string): Promise<string | null> {
  try {
    const slice = await tree.read(path, 1, MAX_LINES);
    const text = slice.lines.join('\n');
    // A sign that stands for bytes that are no text could stand for any.
    return slice.truncated || text.includes('\ufffd') ? null : text;
  } catch (error) {
    if (error instanceof WorkspaceError) return null;
    throw error;
  }
}
