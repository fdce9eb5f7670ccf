import { AppError, FORBIDDEN, notFound } from '@app/common';
import { type AccountRow, lastAdmin, recordAudit, SessionStore, type Tx, UnitOfWork, UserAdminStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { OrganizationResponse } from '../../organizations/dto/organization.response';
import { type AccountDetailsResponse, AccountResponse, type UpdateAccountDto } from './account.dto';

/** An account with the number of its row's version. */
export interface VersionedAccount {
  readonly shown: AccountDetailsResponse;
  readonly rowVersion: number;
}

/** What the platform's staff does with accounts. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly accounts: UserAdminStore,
    private readonly sessions: SessionStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found */
  get(userId: string): Promise<VersionedAccount> {
    return this.read(this.unitOfWork.reader, userId);
  }

  /**
   * Changes the role on the platform, suspends and lets in again. Suspending ends every session and voids every access token.
   * @param check refuses the version that is found, by throwing
   * @throws {AppError} not_found, forbidden (one's own account), last_admin
   */
  update(staffId: string, userId: string, dto: UpdateAccountDto, check: (rowVersion: number) => void): Promise<VersionedAccount> {
    if (staffId === userId) throw new AppError(FORBIDDEN, 'Nobody changes their own role or status. Ask another admin.');
    return this.unitOfWork.run(async (tx) => {
      const account = await this.accounts.lock(tx, userId);
      if (!account) throw notFound();
      check(account.rowVersion);
      const changes = changesOf(account, dto);
      if (Object.keys(changes).length === 0) return this.read(tx, userId);
      await this.requireAdminLeft(tx, account, dto);
      await this.accounts.change(tx, userId, dto);
      if (dto.status === 'suspended') await this.sessions.revokeAll(tx, userId, 'admin');
      await recordAudit(tx, { organizationId: null, action: 'user.changed_by_staff', targetType: 'user', targetId: userId, changes });
      return this.read(tx, userId);
    });
  }

  /** Ends every session and voids every access token; personal access tokens stay. @throws {AppError} not_found */
  async revokeSessions(userId: string): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.accounts.lock(tx, userId))) throw notFound();
      await this.sessions.revokeAll(tx, userId, 'admin');
      await recordAudit(tx, { organizationId: null, action: 'user.sessions_revoked', targetType: 'user', targetId: userId });
    });
  }

  private async requireAdminLeft(tx: Tx, account: AccountRow, dto: UpdateAccountDto): Promise<void> {
    const isAdmin = account.role === 'admin' && account.status === 'active';
    const staysAdmin = (dto.role ?? account.role) === 'admin' && (dto.status ?? account.status) === 'active';
    if (isAdmin && !staysAdmin && !(await this.accounts.hasOtherAdmin(tx, account.id))) throw lastAdmin();
  }

  private async read(tx: Tx, userId: string): Promise<VersionedAccount> {
    const account = await this.accounts.find(tx, userId);
    if (!account) throw notFound();
    const organizations = await this.accounts.organizationsOf(tx, userId);
    return { shown: { ...AccountResponse.from(account), organizations: organizations.map((row) => OrganizationResponse.from(row)) }, rowVersion: account.rowVersion };
  }
}

function changesOf(account: AccountRow, { role, status }: UpdateAccountDto): Record<string, { from: string; to: string }> {
  const changes: Record<string, { from: string; to: string }> = {};
  if (role !== undefined && role !== account.role) changes['role'] = { from: account.role, to: role };
  if (status !== undefined && status !== account.status) changes['status'] = { from: account.status, to: status };
  return changes;
}
