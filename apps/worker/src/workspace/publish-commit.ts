import type { PublishCommit, PublishCommitRequest } from './workspace-request';
import type { TreeChange, TrustedRepository } from './trusted-repository';

/** Makes the one commit that is pushed: the checkpoint's tree, in which left-out paths have the base's content. */
export async function commitForPublish(trusted: TrustedRepository, tree: string, request: PublishCommitRequest): Promise<PublishCommit> {
  const changes = await trusted.changes(tree);
  const leftOut = changes.filter(({ path }) => isLeftOut(path, request));
  const final = leftOut.length === 0 ? tree : await trusted.editTree(tree, new Map(leftOut.map((change) => [change.path, baseEntry(change)])));
  const sha = await trusted.commit(final, request.message, request.author, request.date);
  await trusted.keep('refs/async-coder/publish', sha);
  return { sha, tree: final, leftOut: leftOut.map(({ path }) => path), empty: leftOut.length === changes.length };
}

function isLeftOut(path: string, { keepPaths, dropPaths }: PublishCommitRequest): boolean {
  const covers = (other: string): boolean => path === other || path.startsWith(`${other.replace(/\/+$/, '')}/`);
  if (keepPaths && !keepPaths.some(covers)) return true;
  return dropPaths?.some(covers) ?? false;
}

function baseEntry({ oldMode, oldSha }: TreeChange): { mode: string; sha: string } | null {
  return oldMode === '000000' ? null : { mode: oldMode, sha: oldSha };
}
