import { Logger, ownIdentity } from '@app/common';
import type { ExecResult } from '@app/agent';
import { Injectable } from '@nestjs/common';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bubblewrap } from '../sandbox/bubblewrap';
import { SandboxUsers, type SandboxUser } from '../sandbox/sandbox-users';
import { BaseTree } from './base-tree';
import { CheckpointTaker } from './checkpoint';
import { agentSandbox, checkOut, makeBox, type Box } from './checkout';
import { DataFolders } from './data-folders';
import { PROGRAM_FILE } from './file-tools/file-tool-session';
import { GitCommand } from './git-command';
import { GitWorkspace } from './git-workspace';
import { FULL_SHA, Mirror } from './mirror';
import { everyoneMayRead, removeFolder } from './remove-folder';
import { SandboxedTree } from './sandboxed-tree';
import { TrustedRepository } from './trusted-repository';
import type { WorkspaceRequest } from './workspace-request';

/** Name of the file that says which process a workspace belongs to. */
export const OWNER_FILE = 'owner';
const SETUP = { timeoutMs: 10 * 60_000, maxOutputBytes: 256 * 1024 } as const;

interface Draft {
  readonly request: WorkspaceRequest;
  readonly folder: string;
  readonly user: SandboxUser;
  readonly trusted: TrustedRepository;
  readonly seed: string;
  readonly program: string;
}

/** Makes workspaces: mirror → trusted repository of the attempt → checkout in a sandbox. */
@Injectable()
export class WorkspaceFactory {
  private readonly logger: Logger;

  constructor(
    private readonly folders: DataFolders,
    private readonly mirror: Mirror,
    private readonly git: GitCommand,
    private readonly bubblewrap: Bubblewrap,
    private readonly users: SandboxUsers,
    logger: Logger,
  ) {
    this.logger = logger.named('workspace');
  }

  /**
   * A workspace for one attempt; `dispose` it in every case. Opened again with the same base and restored from its bundle, it
   * has the same files byte by byte (those that git ignores excepted).
   * @throws {AppError} one of `git.errors`; sandbox_unavailable. Nothing is left then.
   */
  async open(request: WorkspaceRequest, signal?: AbortSignal): Promise<GitWorkspace> {
    const start = request.baseSha ?? request.ref;
    const { sha, folder: mirror } = await this.mirror.resolve(request.repository, start, signal);
    const folder = await this.folders.newWorkspace(request.attemptId);
    const user = await this.users.acquire();
    try {
      await writeFile(join(folder, OWNER_FILE), await ownIdentity());
      return await this.build({ request, folder, user, mirror, sha }, signal);
    } catch (error) {
      await removeFolder(folder);
      await user.release();
      throw error;
    }
  }

  private async build(made: { request: WorkspaceRequest; folder: string; user: SandboxUser; mirror: string; sha: string }, signal?: AbortSignal): Promise<GitWorkspace> {
    const { request, folder, user } = made;
    const trusted = await TrustedRepository.create(this.git, await closedFolder(join(folder, 'trusted.git')), made.mirror, made.sha);
    await trusted.checkSize(this.bubblewrap.limits().diskBytes / 2);
    const restored = request.restore ? await trusted.restore(request.restore.bundle) : null;
    const seed = join(folder, 'seed.git');
    await trusted.seed(seed, restored);
    await everyoneMayRead(seed);
    signal?.throwIfAborted();

    const draft: Draft = { request, folder, user, trusted, seed, program: await this.bubblewrap.place(PROGRAM_FILE) };
    const box = this.box(draft, 'agent');
    const tree = await this.checkedOut(draft, box, restored ?? trusted.baseSha);
    const base = new BaseTree(() => this.openBase(draft));
    const saved = restored ? { commit: restored, tree: await trusted.treeOf(restored) } : null;
    const checkpoints = new CheckpointTaker(box, this.bubblewrap, trusted, this.logger, saved);
    const workspace = { folder, request, user, git: this.git, trusted, tree, base, checkpoints, logger: this.logger };
    try {
      return new GitWorkspace({ ...workspace, setup: await this.setUp(request, tree, signal) });
    } catch (error) {
      await tree.close();
      throw error;
    }
  }

  private async openBase(draft: Draft): Promise<SandboxedTree> {
    const tree = await this.checkedOut(draft, this.box(draft, 'base'), draft.trusted.baseSha);
    await this.setUp(draft.request, tree);
    return tree;
  }

  private async checkedOut(draft: Draft, box: Box, commit: string): Promise<SandboxedTree> {
    const { request, trusted, program } = draft;
    const branch = FULL_SHA.test(request.ref) ? 'work' : request.ref;
    await removeFolder(box.folder);
    await makeBox(box);
    await checkOut(box, this.bubblewrap, { tree: await trusted.treeOf(commit), base: trusted.baseSha, branch });
    const readOnly = (request.readOnly ?? false) && box.folder.endsWith('agent');
    return new SandboxedTree({ bubblewrap: this.bubblewrap, logger: this.logger, spec: agentSandbox(box, this.bubblewrap, readOnly), program });
  }

  private async setUp(request: WorkspaceRequest, tree: SandboxedTree, signal?: AbortSignal): Promise<ExecResult | null> {
    const command = request.setupCommand?.trim() ?? '';
    if (command === '' || request.readOnly) return null;
    return tree.exec(command, SETUP, signal ?? new AbortController().signal);
  }

  private box({ folder, user, seed }: Draft, name: 'agent' | 'base'): Box {
    return { folder: join(folder, name), identity: user.identity, seed, recordFolder: folder };
  }
}

async function closedFolder(path: string): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  await chmod(path, 0o700);
  return path;
}
