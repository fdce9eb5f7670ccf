import { Logger } from '@app/common';
import { Injectable } from '@nestjs/common';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TagReader, type TagCache } from '../repo-map/tag-reader';
import { Bubblewrap } from '../sandbox/bubblewrap';
import type { EgressProxy } from '../egress/egress-proxy';
import { egressDoor, FORWARDER_FILE } from '../egress/sandbox-door';
import type { SandboxUser } from '../sandbox/sandbox-users';
import { BaseTree } from './base-tree';
import { CheckpointTaker } from './checkpoint';
import { agentSandbox, checkOut, layOver, makeBox, type Box, type CheckoutState } from './checkout';
import { PROGRAM_FILE } from './file-tools/file-tool-session';
import { GitCommand } from './git-command';
import { GitWorkspace } from './git-workspace';
import { liftedState } from './lifted-state';
import { FULL_SHA, Mirror } from './mirror';
import { everyoneMayRead, removeFolder } from './remove-folder';
import { SandboxedTree } from './sandboxed-tree';
import { SetUp, type SetUpOutcome } from './set-up/set-up';
import { TrustedRepository } from './trusted-repository';
import { WorkspacePlaces, type WorkspacePlace } from './workspace-places';
import type { WorkspaceRequest } from './workspace-request';

interface Draft {
  readonly request: WorkspaceRequest;
  readonly folder: string;
  readonly user: SandboxUser;
  readonly trusted: TrustedRepository;
  readonly seed: string;
  readonly program: string;
  /** The network of the agent's commands, and of the checks on the base. */
  readonly door: EgressProxy | null;
  readonly tags: TagCache;
}

const NOTHING = { commit: null, conflicts: [] };

/** Makes workspaces: mirror → trusted repository of the attempt → checkout in a sandbox. */
@Injectable()
export class WorkspaceFactory {
  private readonly logger: Logger;
  private readonly tagReader: TagReader;

  constructor(
    private readonly places: WorkspacePlaces,
    private readonly mirror: Mirror,
    private readonly git: GitCommand,
    private readonly bubblewrap: Bubblewrap,
    private readonly setUps: SetUp,
    logger: Logger,
  ) {
    this.logger = logger.named('workspace');
    this.tagReader = new TagReader(bubblewrap, this.logger);
  }

  /**
   * A workspace for one attempt; `dispose` it in every case. Opened again with the same base and restored from its bundle, it
   * has the same files byte by byte (those that git ignores excepted).
   * @throws {AppError} one of `git.errors`; sandbox_unavailable. Nothing is left then.
   */
  async open(request: WorkspaceRequest, signal?: AbortSignal): Promise<GitWorkspace> {
    const start = request.baseSha ?? request.ref;
    const { sha, folder: mirror } = await this.mirror.resolve(request.repository, start, signal);
    const place = await this.places.take(request.attemptId);
    try {
      return await this.build({ request, ...place, mirror, sha }, signal);
    } catch (error) {
      await this.places.giveBack(place);
      throw error;
    }
  }

  private async build(made: WorkspacePlace & { request: WorkspaceRequest; mirror: string; sha: string }, signal = new AbortController().signal): Promise<GitWorkspace> {
    const { request, folder, user } = made;
    const trusted = await TrustedRepository.create(this.git, await closedFolder(join(folder, 'trusted.git')), made.mirror, made.sha);
    await trusted.checkSize(this.bubblewrap.limits().diskBytes / 2);
    const { commit: restored, conflicts } = request.restore ? await liftedState(this.git, trusted, await trusted.restore(request.restore.bundle), request.ownShas ?? new Set()) : NOTHING;
    const seed = join(folder, 'seed.git');
    await trusted.seed(seed, restored);
    await everyoneMayRead(seed);
    signal.throwIfAborted();

    const door = await this.setUps.agentDoor({ request, folder, identity: user.identity });
    const draft: Draft = { request, folder, user, trusted, seed, program: await this.bubblewrap.place(PROGRAM_FILE), door, tags: new Map() };
    const box = this.box(draft, 'agent');
    const baseNetwork: string[] = [];
    const base = new BaseTree((closing) => this.openBase(draft, closing, baseNetwork));
    const saved = restored ? { commit: restored, tree: await trusted.treeOf(restored) } : null;
    const checkpoints = new CheckpointTaker(box, this.bubblewrap, trusted, this.logger, saved);
    const workspace = { folder, request, user, git: this.git, trusted, base, checkpoints, logger: this.logger, door, baseNetwork, conflicts };
    try {
      return new GitWorkspace({ ...workspace, ...(await this.prepared(draft, box, restored ?? trusted.baseSha, signal)) });
    } catch (error) {
      await door?.close();
      throw error;
    }
  }

  private async openBase(draft: Draft, closing: AbortSignal, asked: string[]): Promise<SandboxedTree> {
    const { tree, setUp } = await this.prepared(draft, this.box(draft, 'base'), draft.trusted.baseSha, closing);
    asked.push(...(setUp?.network ?? []).map((line) => `set-up of the base: ${line}`));
    return tree;
  }

  /** A checkout in which set-up has run. It runs with secrets and network, so on the base, whatever an agent wrote on top of it. */
  private async prepared(draft: Draft, box: Box, commit: string, signal: AbortSignal): Promise<{ tree: SandboxedTree; setUp: SetUpOutcome | null }> {
    const { request, trusted, program, door } = draft;
    const branch = FULL_SHA.test(request.ref) ? 'work' : request.ref;
    await removeFolder(box.folder);
    await makeBox(box);
    const isNeeded = this.setUps.isNeeded(request);
    const state = async (of: string): Promise<CheckoutState> => ({ tree: await trusted.treeOf(of), base: trusted.baseSha, branch });
    await checkOut(box, this.bubblewrap, await state(isNeeded ? trusted.baseSha : commit));
    const setUp = isNeeded ? await this.setUps.run({ request, box, trusted, program }, signal) : null;
    if (isNeeded && commit !== trusted.baseSha) await layOver(box, this.bubblewrap, await state(commit));
    const readOnly = (request.readOnly ?? false) && box.folder.endsWith('agent');
    const network = door ? { door: egressDoor(await this.bubblewrap.place(FORWARDER_FILE), door.socket) } : {};
    const tree = new SandboxedTree({ bubblewrap: this.bubblewrap, logger: this.logger, spec: agentSandbox(box, this.bubblewrap, readOnly), ...network, program, tagger: this.tagReader.of(box, draft.tags) });
    return { tree, setUp };
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
