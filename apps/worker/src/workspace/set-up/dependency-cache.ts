import { AppConfig, Logger } from '@app/common';
import { Injectable } from '@nestjs/common';
import { chmod, link, lchown, lstat, mkdir, readdir, rename, rm, rmdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Bubblewrap } from '../../sandbox/bubblewrap';
import { preparedFolder } from '../../sandbox/sandbox-folder';
import type { SandboxMount } from '../../sandbox/sandbox-spec';
import { sizeOnDisk } from '../../sandbox/sandbox-watchdog';
import { boxSandbox, type Box } from '../checkout';
import { DataFolders } from '../data-folders';
import { DEPENDENCIES } from './dependency-env';

const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;
const PACK_MS = 10 * 60_000;
/** Exit code of a script that found nothing to pack. */
const EMPTY = 9;
const ARCHIVE = '/opt/async-coder/dependencies.tar';

/** Whose caches are meant. */
export interface CacheOwner {
  readonly organizationId: string;
  readonly repositoryId: string;
}

/**
 * Package managers' caches between tasks: one archive per repository, lock files, branch and command, packed when set-up has ended and before the agent begins, and
 * unpacked into the next workspace as a copy of its own. Archives are written and read inside sandboxes; on our side they are only moved.
 */
@Injectable()
export class DependencyCache {
  private readonly logger: Logger;

  constructor(
    private readonly config: AppConfig,
    private readonly folders: DataFolders,
    private readonly bubblewrap: Bubblewrap,
    logger: Logger,
  ) {
    this.logger = logger.named('dependency-cache');
  }

  /** Fills the box from the first archive that is there; null: there is none. A broken one is removed. */
  async restore(box: Box, owner: CacheOwner, keys: readonly string[]): Promise<string | null> {
    for (const key of keys) {
      const archive = this.archive(owner, key);
      const name = join(box.recordFolder, 'dependencies.tar');
      await rm(name, { force: true });
      // A name of its own, so that it stays while it is read.
      if (!(await link(archive, name).then(() => true, () => false))) continue;
      await utimes(name, new Date(), new Date());
      const isWhole = await this.ran(box, [dependencies(box, true), { source: name, target: ARCHIVE, writable: false }], `tar -xf ${ARCHIVE} -C ${DEPENDENCIES} --no-same-owner`);
      await rm(name, { force: true });
      if (isWhole) return key;
      this.logger.warn('a dependency cache could not be unpacked and is removed', { ...owner });
      await rm(archive, { force: true });
    }
    return null;
  }

  /** Keeps what set-up left in the box, unless that is too large. Call it while nothing runs in the box, and before the agent does. */
  async keep(box: Box, owner: CacheOwner, key: string): Promise<'kept' | 'too_large' | 'failed'> {
    const { DEPENDENCY_CACHE_MB, DEPENDENCY_CACHE_ENTRY_MB } = this.config.egress;
    const largest = Math.min(DEPENDENCY_CACHE_MB, DEPENDENCY_CACHE_ENTRY_MB) * MIB;
    const size = await sizeOnDisk(join(box.folder, 'deps'));
    if (size === null || size.bytes > largest) return 'too_large';
    const out = join(box.recordFolder, 'packed');
    await preparedFolder(out, box.identity);
    try {
      const script = `[ -n "$(ls -A ${DEPENDENCIES})" ] || exit ${EMPTY}; tar -cf /out/draft.tar -C ${DEPENDENCIES} .`;
      const isPacked = await this.ran(box, [dependencies(box, false), { source: out, target: '/out', writable: true }], script);
      return isPacked && (await this.taken(join(out, 'draft.tar'), this.archive(owner, key))) ? 'kept' : 'failed';
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  }

  /** Takes over an archive that a sandbox made, if it is what it should be. The sandbox has ended: nothing changes while we look. */
  private async taken(draft: string, archive: string): Promise<boolean> {
    const stat = await lstat(draft).catch(() => null);
    if (stat === null || !stat.isFile() || stat.nlink !== 1) return false;
    await lchown(draft, process.getuid?.() ?? stat.uid, process.getgid?.() ?? stat.gid);
    await chmod(draft, 0o444);
    await mkdir(dirname(archive), { recursive: true, mode: 0o700 });
    await rename(draft, archive);
    return true;
  }

  /** Removes archives that no task used for long, and the oldest beyond the size of all; returns how many. */
  async sweep(now = Date.now()): Promise<number> {
    const { DEPENDENCY_CACHE_MB, DEPENDENCY_CACHE_DAYS } = this.config.egress;
    let [room, removed] = [DEPENDENCY_CACHE_MB * MIB, 0];
    for (const { path, size, usedAt } of await this.archives()) {
      const isOld = now - usedAt > DEPENDENCY_CACHE_DAYS * DAY_MS;
      if (!isOld && size <= room) {
        room -= size;
        continue;
      }
      room = isOld ? room : 0;
      await rm(path, { force: true });
      // Only empty folders go.
      await rmdir(dirname(path)).catch(() => undefined);
      removed++;
    }
    return removed;
  }

  /** All archives, the last used first. */
  private async archives(): Promise<{ path: string; size: number; usedAt: number }[]> {
    const root = this.folders.dependencyCaches();
    const found: { path: string; size: number; usedAt: number }[] = [];
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])) {
      const path = join(entry.parentPath, entry.name);
      const stat = entry.isFile() ? await lstat(path).catch(() => null) : null;
      if (stat) found.push({ path, size: stat.size, usedAt: stat.mtimeMs });
    }
    return found.sort((a, b) => b.usedAt - a.usedAt);
  }

  private archive({ organizationId, repositoryId }: CacheOwner, key: string): string {
    return join(this.folders.dependencyCaches(organizationId, repositoryId), `${key}.tar`);
  }

  /** Runs a script of ours in a sandbox that sees these folders only. */
  private async ran(box: Box, mounts: readonly SandboxMount[], script: string): Promise<boolean> {
    const run = await this.bubblewrap.run({ ...boxSandbox(box, this.bubblewrap), mounts, workingFolder: '/', env: {}, command: ['bash', '--norc', '-c', script] }, { timeoutMs: PACK_MS, maxOutputBytes: 4_096 });
    if (run.exitCode !== 0 && run.exitCode !== EMPTY) this.logger.warn('a dependency cache could not be packed or unpacked', { killed: run.killed, stderr: run.stderr.slice(-500) });
    return run.exitCode === 0;
  }
}

function dependencies(box: Box, writable: boolean): SandboxMount {
  return { source: join(box.folder, 'deps'), target: DEPENDENCIES, writable };
}
