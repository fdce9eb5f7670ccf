import type { Workspace } from '../workspace';

/** Why work of a mode that only reads cannot be taken: the tree differs from the base, whoever did that; null: it does not. */
export async function whyChanged(workspace: Workspace): Promise<string | null> {
  const { files } = await workspace.diff();
  return files.length === 0 ? null : `The tree was changed (${files[0]?.path ?? ''}), which this mode must not do.`;
}
