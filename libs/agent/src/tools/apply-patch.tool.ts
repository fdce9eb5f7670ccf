import type { FileVersions } from './file-versions';
import { parsePatch } from './patch/parse-patch';
import { pathsOf, workOut, type FileChange } from './patch/patch-changes';
import { writeChanges, type WrittenHashes } from './patch/write-changes';
import { defineTool, failure } from './tool';

const MAX_CHARACTERS = 500_000;
const NOTHING = 'Nothing was changed.';

export const applyPatchTool = defineTool<{ input: string }>({
  name: 'apply_patch',
  description: `Change files by one patch: all of it is applied, or nothing. Read files before you change them. The format:
*** Begin Patch
*** Update File: path/to/file
*** Move to: new/path (optional)
@@ a line that stands before the change, such as its function or class (optional)
 a line that stays (three before and three after a change make it unique)
-a line that goes
+a line that comes
*** Add File: path/to/new-file
+each of its lines
*** Delete File: path/to/old-file
*** End Patch
Paths are relative to the repository's root. Hunks of a file stand in the order of the file; copy kept and removed lines exactly.`,
  parameters: {
    type: 'object',
    properties: { input: { type: 'string', description: 'The whole patch, from "*** Begin Patch" to "*** End Patch".', minLength: 1, maxLength: MAX_CHARACTERS } },
    required: ['input'],
    additionalProperties: false,
  },
  readOnly: false,

  pathsIn({ input }) {
    const parsed = parsePatch(input);
    return parsed.ok ? pathsOf(parsed.files).map((path) => ({ path, access: 'write' as const })) : [];
  },

  async run({ input }, { workspace, versions }) {
    const parsed = parsePatch(input);
    if (!parsed.ok) return failure(`${NOTHING} The patch cannot be read: ${parsed.reason}.`);
    const worked = await workOut(parsed.files, { workspace, versions });
    if (!worked.ok) return failure(`${NOTHING} ${worked.reasons.join('\n')}`);
    const written = await writeChanges(worked.changes, workspace);
    if (!written.ok) return failure(`Nothing was changed: ${written.reason}`);
    return { text: worked.changes.map((change) => told(change, written.hashes, versions)).join('\n') };
  },
});

/** One line, in the form that `FileVersions` reads again. */
function told(change: FileChange, hashes: WrittenHashes, versions: FileVersions): string {
  switch (change.t) {
    case 'add':
      return `${change.path} (made) [version ${versions.note(change.path, hashes.get(change.path) ?? '')}]`;
    case 'delete':
      versions.forget(change.path);
      return `${change.path} (deleted)`;
    case 'update': {
      const path = change.moveTo ?? change.path;
      const edited = change.at.length === 0 ? '' : `edited at line${change.at.length === 1 ? '' : 's'} ${change.at.join(', ')}`;
      if (change.moveTo === null) return `${path} (${edited}) [version ${versions.note(path, hashes.get(path) ?? '')}]`;
      versions.forget(change.path);
      return `${path} (${['moved', ...(edited === '' ? [] : [edited])].join(', ')}) [version ${versions.note(path, hashes.get(path) ?? '')}]`;
    }
  }
}
