import { identify, isSameProcess, Logger, parseIdentity } from '@app/common';
import { Injectable } from '@nestjs/common';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxesIn } from '../sandbox/process-tree';
import { endNamespace } from '../sandbox/sandbox-process';
import { attemptOf, DataFolders } from './data-folders';
import { removeFolder } from './remove-folder';
import { OWNER_FILE } from './workspace-places';

/** A folder without an owner may be one that is just being made. */
const NEWBORN_MS = 60_000;

/** Removes workspaces that a killed worker left on this machine. */
@Injectable()
export class WorkspaceSweeper {
  private readonly logger: Logger;

  constructor(
    private readonly folders: DataFolders,
    logger: Logger,
  ) {
    this.logger = logger.named('workspace-sweeper');
  }

  /**
   * Ends what still runs in workspaces of attempts that are not in `liveAttemptIds`, and deletes them; returns how many. A workspace
   * whose process lives is left to it: it may have been claimed after the ids were read.
   */
  async sweep(liveAttemptIds: ReadonlySet<string>): Promise<number> {
    const root = await this.folders.workspaces();
    let removed = 0;
    for (const name of await readdir(root)) {
      const attemptId = attemptOf(name);
      if (attemptId === null || liveAttemptIds.has(attemptId)) continue;
      try {
        if (await this.remove(join(root, name))) removed++;
      } catch (error) {
        this.logger.error('a workspace could not be removed', { attemptId, err: error });
      }
    }
    return removed;
  }

  private async remove(folder: string): Promise<boolean> {
    const owner = parseIdentity(await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => ''));
    if (await isSameProcess(owner)) return false;
    if (!owner && Date.now() - (await stat(folder)).mtimeMs < NEWBORN_MS) return false;
    const records = (await readdir(folder)).filter((name) => name.startsWith('sandbox-'));
    for (const record of records) await endNamespace(parseIdentity(await readFile(join(folder, record), 'utf8').catch(() => '')));
    // A bwrap whose parent is killed in the middle of its start waits for it for ever, and has no record yet. Its mounts name this folder, and nobody else's.
    for (const pid of sandboxesIn(folder)) await endNamespace(await identify(pid));
    await removeFolder(folder);
    return true;
  }
}
