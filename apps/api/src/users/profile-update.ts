import { type ProfileChanges, recordAudit, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { versionConflict } from '../http/etag';

/** Writes what people change in their profile. */
@Injectable()
export class ProfileUpdate {
  constructor(
    private readonly users: UserStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} version_conflict; username_taken comes from the database */
  async write({ userId, organizationId }: Principal, changes: ProfileChanges, expectedVersion: number | null): Promise<void> {
    const fields = Object.keys(changes);
    if (fields.length === 0) return;
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.updateProfile(tx, { userId, expectedVersion }, changes))) throw versionConflict();
      // Which fields, not what they say: others of the organization read this.
      await recordAudit(tx, { organizationId, action: 'user.updated', targetType: 'user', targetId: userId, changes: { fields } });
    });
  }
}
