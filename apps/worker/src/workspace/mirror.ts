import { AppConfig, AppError, Logger, waitForLock, type HeldLock } from '@app/common';
import { Injectable } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOnDisk } from '../sandbox/sandbox-watchdog';
import { DataFolders } from './data-folders';
import { GitCommand, type GitRemote } from './git-command';
import { GIT_REF_NOT_FOUND, GIT_TOO_LARGE } from './git.errors';
import { removeFolder } from './remove-folder';
import type { RepositoryRef } from './workspace-request';

export const FULL_SHA = /^[0-9a-f]{40}$/;
/** A forge keeps the head of a pull request there, also of one from a fork. */
const PULL_REQUEST = /^pull\/[1-9]\d{0,9}\/head$/;
const FETCH_MS = 10 * 60_000;
const LOCK_MS = 10 * 60_000;
const WATCH_MS = 1_000;
const MIB = 1024 ** 2;

/** One cached bare repository per repository of an organization. Only trusted git touches it, one process at a time. */
@Injectable()
export class Mirror {
  private readonly logger: Logger;

  constructor(
    private readonly config: AppConfig,
    private readonly folders: DataFolders,
    private readonly git: GitCommand,
    logger: Logger,
  ) {
    this.logger = logger.named('mirror');
  }

  /**
   * Brings the branch, tag or commit up to date and returns the commit's sha and the mirror's folder. A sha that is there already
   * needs no network.
   * @throws {AppError} git_ref_not_found, git_auth_failed, git_network, git_too_large …
   */
  async resolve(repository: RepositoryRef, ref: string, signal?: AbortSignal): Promise<{ sha: string; folder: string }> {
    const folder = this.folders.mirror(repository.organizationId, repository.id);
    if (!isSafeRef(ref)) throw new AppError(GIT_REF_NOT_FOUND, `"${ref.slice(0, 100)}" is not a branch, tag or commit.`);
    if (FULL_SHA.test(ref) && existsSync(folder) && (await this.hasCommit(folder, ref))) return { sha: ref, folder };
    const held = await waitForLock(folder, LOCK_MS, signal);
    try {
      await this.prepare(folder);
      return { sha: await this.fetch(folder, repository, ref, signal), folder };
    } finally {
      await held.release();
    }
  }

  /** Forgets a repository that was disconnected. */
  async remove(organizationId: string, repositoryId: string): Promise<void> {
    const folder = this.folders.mirror(organizationId, repositoryId);
    const held: HeldLock = await waitForLock(folder, LOCK_MS);
    try {
      await removeFolder(folder);
    } finally {
      await held.release();
    }
  }

  private async hasCommit(folder: string, sha: string): Promise<boolean> {
    const result = await this.git.run({ gitDir: folder, args: ['cat-file', '-e', `${sha}^{commit}`], answers: [0, 1, 128] });
    return result.exitCode === 0;
  }

  /** Under our lock no git of a living worker is at work here: lock files are left over from a killed one. */
  private async prepare(folder: string): Promise<void> {
    if (!existsSync(join(folder, 'HEAD'))) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await this.git.run({ gitDir: null, args: ['init', '-q', '--bare', '--template=', '--', folder] });
    }
    await removeStaleLocks(folder);
  }

  private async fetch(folder: string, repository: RepositoryRef, ref: string, signal?: AbortSignal): Promise<string> {
    const sources = FULL_SHA.test(ref) ? [ref] : PULL_REQUEST.test(ref) ? [`refs/${ref}`, `refs/heads/${ref}`] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
    for (const source of sources) {
      const target = FULL_SHA.test(ref) ? `refs/commits/${ref}` : source;
      if (await this.fetched(folder, repository, `+${source}:${target}`, signal)) return this.commitOf(folder, target);
    }
    // Some servers give out single commits only if a branch or tag points at them.
    if (FULL_SHA.test(ref)) {
      await this.fetched(folder, repository, '+refs/heads/*:refs/heads/*', signal);
      if (await this.hasCommit(folder, ref)) return ref;
    }
    throw new AppError(GIT_REF_NOT_FOUND, `The branch or commit "${ref}" does not exist in the repository.`);
  }

  /** False when the remote has no such ref. */
  private async fetched(folder: string, repository: RepositoryRef, refspec: string, signal?: AbortSignal): Promise<boolean> {
    const remote: GitRemote = { url: repository.cloneUrl, credentials: repository.credentials };
    const watch = new SizeWatch(folder, this.config.worker.SANDBOX_DISK_MB * MIB, (error) => this.logger.warn('the size of a mirror could not be measured', { err: error }));
    const any = signal ? AbortSignal.any([signal, watch.signal]) : watch.signal;
    const args = ['fetch', '-q', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance', '--no-write-fetch-head', '--no-show-forced-updates', '--refmap=', '--end-of-options', repository.cloneUrl, refspec];
    try {
      await this.git.run({ gitDir: folder, args, remote, timeoutMs: FETCH_MS, signal: any });
      return true;
    } catch (error) {
      if (error instanceof AppError && error.kind === GIT_REF_NOT_FOUND) return false;
      throw error;
    } finally {
      watch.stop();
    }
  }

  private async commitOf(folder: string, ref: string): Promise<string> {
    return this.git.line({ gitDir: folder, args: ['rev-parse', '--verify', '-q', '--end-of-options', `${ref}^{commit}`] });
  }
}

/** Ends a fetch that fills the disk. */
class SizeWatch {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(folder: string, limit: number, onFault: (error: unknown) => void) {
    const tooLarge = new AppError(GIT_TOO_LARGE, `The repository takes more than ${Math.round(limit / MIB)} MiB.`);
    this.timer = setInterval(() => {
      void sizeOnDisk(folder)
        .then((size) => {
          if (size !== null && size.bytes > limit) this.controller.abort(tooLarge);
        })
        .catch(onFault);
    }, WATCH_MS);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Lock files that a killed git left in a repository of ours. */
export async function removeStaleLocks(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && (entry.name.endsWith('.lock') || entry.name.startsWith('tmp_pack_'))) await rm(join(entry.parentPath, entry.name), { force: true });
  }
}

/** A name that git takes as a ref and nothing else: no option, no revision expression. */
export function isSafeRef(ref: string): boolean {
  if (ref.length === 0 || ref.length > 255 || /^[-/.]|[/.]$|\.\.|\/\/|@\{|\.lock(\/|$)|\/\./.test(ref) || ref === '@') return false;
  return !/[\x00-\x20\x7f~^:?*[\\]/.test(ref);
}
