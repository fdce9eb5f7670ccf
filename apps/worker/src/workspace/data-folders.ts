import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ID = /^[A-Za-z0-9-]{1,64}$/;

/** Where mirrors and workspaces lie. */
@Injectable()
export class DataFolders {
  constructor(private readonly config: AppConfig) {}

  /** Bare mirror of a repository, one per organization. */
  mirror(organizationId: string, repositoryId: string): string {
    return join(resolve(this.config.worker.WORKER_DATA_DIR), 'mirrors', checked(organizationId), `${checked(repositoryId)}.git`);
  }

  /** Where package managers' caches are kept: those of a repository of an organization, or all. Ours alone. */
  dependencyCaches(organizationId?: string, repositoryId?: string): string {
    const names = [organizationId, repositoryId].filter((id) => id !== undefined).map(checked);
    return join(resolve(this.config.worker.WORKER_DATA_DIR), 'dependencies', ...names);
  }

  /** Folder of all workspaces; it may be entered by sandbox users but not listed. */
  async workspaces(): Promise<string> {
    const data = resolve(this.config.worker.WORKER_DATA_DIR);
    const folder = join(data, 'workspaces');
    await mkdir(folder, { recursive: true });
    await Promise.all([data, folder].map((path) => chmod(path, 0o711)));
    return folder;
  }

  /** A new folder for one attempt, under a name that nobody can guess. */
  async newWorkspace(attemptId: string): Promise<string> {
    const folder = join(await this.workspaces(), `${checked(attemptId)}.${randomBytes(12).toString('hex')}`);
    await mkdir(folder, { mode: 0o711 });
    await chmod(folder, 0o711);
    return folder;
  }
}

/** The attempt that a workspace's folder belongs to; null when the name is not one of ours. */
export function attemptOf(folderName: string): string | null {
  return /^([A-Za-z0-9-]{1,64})\.[0-9a-f]{24}$/.exec(folderName)?.[1] ?? null;
}

function checked(id: string): string {
  if (!ID.test(id)) throw new Error(`not usable as a folder name: ${id}`);
  return id;
}
