import { WorkspaceError, type Workspace } from '../../workspace';
import type { FileChange } from './patch-changes';

/** Hash of each file's new content by its new path. */
export type WrittenHashes = ReadonlyMap<string, string>;

interface Step {
  do(): Promise<void>;
  undo(): Promise<void>;
}

export type Written = { readonly ok: true; readonly hashes: WrittenHashes } | { readonly ok: false; readonly reason: string };

/** Writes all changes or, when one of them fails, none: the others are taken back. */
export async function writeChanges(changes: readonly FileChange[], workspace: Workspace): Promise<Written> {
  const hashes = new Map<string, string>();
  const done: Step[] = [];
  // What can fail comes first, what loses something last.
  const steps = [...changes].sort((a, b) => ORDER[a.t] - ORDER[b.t]).flatMap((change) => stepsOf(change, workspace, hashes));
  for (const step of steps) {
    try {
      await step.do();
      done.push(step);
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      await takeBack(done);
      return { ok: false, reason: error.message };
    }
  }
  return { ok: true, hashes };
}

const ORDER = { add: 0, update: 1, delete: 2 } as const;

function stepsOf(change: FileChange, workspace: Workspace, hashes: Map<string, string>): Step[] {
  const { path } = change;
  const remember = async (at: string, content: string, expected: string | null): Promise<void> => void hashes.set(at, (await workspace.write(at, content, expected)).hash);
  switch (change.t) {
    case 'add':
      return [{ do: () => remember(path, change.content, null), undo: () => workspace.remove(path, hashes.get(path) ?? '') }];
    case 'delete':
      return [{ do: () => workspace.remove(path, change.hash), undo: () => remember(path, change.before, null) }];
    case 'update': {
      const { moveTo } = change;
      const write: Step = { do: () => remember(path, change.content, change.hash), undo: () => remember(path, change.before, hashes.get(path) ?? '') };
      if (moveTo === null) return [write];
      const move = async (): Promise<void> => {
        await workspace.rename(path, moveTo);
        hashes.set(moveTo, hashes.get(path) ?? '');
      };
      return [write, { do: move, undo: () => workspace.rename(moveTo, path) }];
    }
  }
}

/** As far as it goes: what cannot be taken back is seen in the next diff, and the error that is told is the first one. */
async function takeBack(done: readonly Step[]): Promise<void> {
  for (const step of [...done].reverse()) {
    try {
      await step.undo();
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
    }
  }
}
