import { ownIdentity } from '@app/common';
import { Injectable } from '@nestjs/common';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxUsers, type SandboxUser } from '../sandbox/sandbox-users';
import { DataFolders } from './data-folders';
import { removeFolder } from './remove-folder';

/** Name of the file that says which process a workspace belongs to. */
export const OWNER_FILE = 'owner';

/** A folder for one attempt and a user for its sandboxes. */
export interface WorkspacePlace {
  readonly folder: string;
  readonly user: SandboxUser;
}

/** Gives attempts a place on this machine. */
@Injectable()
export class WorkspacePlaces {
  constructor(
    private readonly folders: DataFolders,
    private readonly users: SandboxUsers,
  ) {}

  async take(attemptId: string): Promise<WorkspacePlace> {
    const folder = await this.folders.newWorkspace(attemptId);
    const user = await this.users.acquire();
    try {
      await writeFile(join(folder, OWNER_FILE), await ownIdentity());
      return { folder, user };
    } catch (error) {
      await this.giveBack({ folder, user });
      throw error;
    }
  }

  /** Deletes everything in it. Call it when nothing runs there any more. */
  async giveBack({ folder, user }: WorkspacePlace): Promise<void> {
    await removeFolder(folder);
    await user.release();
  }
}
