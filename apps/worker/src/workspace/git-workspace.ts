import type { Logger } from '@app/common';
import { Workspace, type Checkpoint, type ExecOptions, type ExecResult, type FileEntry, type FileSlice, type FileTags, type SearchMatch, type Tree, type WorkspaceDiff } from '@app/agent';
import type { EgressProxy } from '../egress/egress-proxy';
import type { SandboxUser } from '../sandbox/sandbox-users';
import { textOrNull, type BaseTree } from './base-tree';
import type { CheckpointTaker } from './checkpoint';
import type { GitCommand, GitRemote } from './git-command';
import { commitForPublish } from './publish-commit';
import { lsRemote, push } from './push';
import { removeFolder } from './remove-folder';
import type { SandboxedTree } from './sandboxed-tree';
import { valuesOf } from './set-up/secret-spellings';
import type { SetUpOutcome } from './set-up/set-up';
import { diffTrees } from './tree-diff';
import type { TrustedRepository } from './trusted-repository';
import type { PublishCommit, PublishCommitRequest, PushRequest, RepositoryRef, WorkspaceRequest } from './workspace-request';

export interface WorkspaceParts {
  readonly folder: string;
  readonly request: WorkspaceRequest;
  readonly user: SandboxUser;
  readonly git: GitCommand;
  readonly trusted: TrustedRepository;
  readonly tree: SandboxedTree;
  readonly base: BaseTree;
  readonly checkpoints: CheckpointTaker;
  readonly setUp: SetUpOutcome | null;
  /** The network of the agent's commands; null: they have none. */
  readonly door: EgressProxy | null;
  /** What set-up of the base asked of the network. */
  readonly baseNetwork: readonly string[];
  readonly conflicts: readonly string[];
  readonly logger: Logger;
}

/** The workspace of one attempt: the agent's tree in its sandbox, and the repository on our side that takes its states in. */
export class GitWorkspace extends Workspace {
  readonly base: BaseTree;
  private disposed: Promise<void> | null = null;

  constructor(private readonly parts: WorkspaceParts) {
    super();
    this.base = parts.base;
  }

  /** Where the work comes from and goes to. */
  get repository(): RepositoryRef {
    return this.parts.request.repository;
  }

  /** The commit that the work began at. */
  get baseSha(): string {
    return this.parts.trusted.baseSha;
  }

  /** Files because of which the restored state does not fit onto the base, and was left out; empty: it is there. */
  get conflicts(): readonly string[] {
    return this.parts.conflicts;
  }

  /** How the set-up command ended; null when there was none. */
  get setup(): ExecResult | null {
    return this.parts.setUp?.command ?? null;
  }

  /** All about the set-up; null when there was none. */
  get setUp(): SetUpOutcome | null {
    return this.parts.setUp;
  }

  /** The secrets that set-up knew: none of them may be shown or leave, in any spelling. */
  get secrets(): readonly string[] {
    return [...(this.parts.request.environment?.secrets.values() ?? [])].flatMap((secret) => secret.use(valuesOf));
  }

  /** What was asked of the network after set-up, one line each; complete once the workspace is disposed. */
  get networkLines(): readonly string[] {
    return [...this.parts.baseNetwork, ...(this.parts.door?.log.lines() ?? [])];
  }

  read(path: string, fromLine: number, maxLines: number): Promise<FileSlice> {
    return this.parts.tree.read(path, fromLine, maxLines);
  }

  list(path: string): Promise<FileEntry[]> {
    return this.parts.tree.list(path);
  }

  exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    return this.parts.tree.exec(command, options, signal);
  }

  write(path: string, content: string, expectedHash?: string | null): Promise<{ hash: string }> {
    return this.parts.tree.write(path, content, expectedHash);
  }

  readWhole(path: string): Promise<{ content: string; hash: string }> {
    return this.parts.tree.readWhole(path);
  }

  remove(path: string, expectedHash: string): Promise<void> {
    return this.parts.tree.remove(path, expectedHash);
  }

  rename(path: string, to: string): Promise<void> {
    return this.parts.tree.rename(path, to);
  }

  tags(paths: readonly string[], signal: AbortSignal): Promise<FileTags[]> {
    return this.parts.tree.tags(paths, signal);
  }

  search(query: { pattern: string; path?: string; glob?: string; ignoreCase?: boolean; maxMatches: number }): Promise<{ matches: SearchMatch[]; truncated: boolean }> {
    return this.parts.tree.search(query);
  }

  glob(pattern: string, maxPaths: number): Promise<{ paths: string[]; truncated: boolean }> {
    return this.parts.tree.glob(pattern, maxPaths);
  }

  spill(name: string, content: string): Promise<string> {
    return this.parts.tree.spill(name, content);
  }

  checkpoint(step: number): Promise<Checkpoint> {
    const { checkpoints, tree, request } = this.parts;
    return checkpoints.step(step, tree.changes, request.taskId);
  }

  async onBaseWith<T>(paths: readonly string[], work: (tree: Tree) => Promise<T>): Promise<T> {
    const files = new Map<string, string | null>();
    for (const path of paths) {
      const content = await textOrNull(this.parts.tree, path);
      if (content !== undefined) files.set(path, content);
    }
    return this.base.changedTo(files, work);
  }

  /** Runs something over the agent's files in another sandbox than its own; `spec` is that of its commands. */
  async beside<T>(work: (spec: SandboxedTree['spec']) => Promise<T>): Promise<T> {
    try {
      return await work(this.parts.tree.spec);
    } finally {
      this.parts.tree.changes++;
    }
  }

  async diff(): Promise<WorkspaceDiff> {
    const { checkpoints, tree, git, trusted } = this.parts;
    const saved = await checkpoints.take(tree.changes);
    return diffTrees(git, trusted.folder, trusted.baseSha, saved.tree);
  }

  /** The last checkpoint with all that the base does not have, from which `WorkspaceFactory.open` restores it. */
  async checkpointBundle(): Promise<Buffer> {
    const { checkpoints, tree, trusted } = this.parts;
    const saved = checkpoints.last ?? (await checkpoints.take(tree.changes));
    return trusted.bundle(saved.commit);
  }

  /** The commit to push, made of the tree as it is; the same tree and request give the same sha. */
  async commitForPublish(request: PublishCommitRequest): Promise<PublishCommit> {
    const { checkpoints, tree, trusted } = this.parts;
    return commitForPublish(trusted, (await checkpoints.take(tree.changes)).tree, request);
  }

  /** The difference between the base and a commit of `commitForPublish`: what a pull request will show. */
  diffOf(commit: PublishCommit): Promise<WorkspaceDiff> {
    const { git, trusted } = this.parts;
    return diffTrees(git, trusted.folder, trusted.baseSha, commit.tree);
  }

  /** A file as text, in the base or in a commit of `commitForPublish`; null when it is not there. */
  textAt(where: 'base' | PublishCommit, path: string): Promise<string | null> {
    const { trusted } = this.parts;
    return trusted.textAt(where === 'base' ? trusted.baseSha : where.sha, path);
  }

  /**
   * Pushes a commit to a branch async-coder/<name> and returns what the remote then has.
   * @throws {AppError} git_push_rejected when the branch is not at `expectedRemoteSha`; git_auth_failed, git_network …
   */
  push(request: PushRequest, signal?: AbortSignal): Promise<{ remoteSha: string }> {
    const { git, trusted } = this.parts;
    return push(git, { ...request, gitDir: trusted.folder, remote: this.remote(request), signal });
  }

  /** The sha of a branch at the remote, or null. */
  lsRemote(branch: string, from: { remoteUrl?: string; credentials?: PushRequest['credentials'] } = {}): Promise<string | null> {
    return lsRemote(this.parts.git, this.remote(from), branch);
  }

  /** Ends every process, proves that they are gone and deletes all files. May be called more than once. */
  dispose(): Promise<void> {
    this.disposed ??= this.removeAll();
    return this.disposed;
  }

  private async removeAll(): Promise<void> {
    const { tree, base, door, folder, user } = this.parts;
    await Promise.all([tree.close(), base.close()]);
    await door?.close();
    await removeFolder(folder);
    await user.release();
  }

  private remote({ remoteUrl, credentials }: { remoteUrl?: string; credentials?: PushRequest['credentials'] }): GitRemote {
    const { repository } = this.parts.request;
    return { url: remoteUrl ?? repository.cloneUrl, credentials: credentials === undefined ? repository.credentials : credentials };
  }
}
