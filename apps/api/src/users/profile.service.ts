import { CreditAccountStore, Entitlements } from '@app/billing';
import { notFound } from '@app/common';
import { GithubInstallationStore, OrganizationStore, type ProfileChanges, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { versionConflict } from '../http/etag';
import { CreditsResponse } from './dto/credits.response';
import { ProfileResponse } from './dto/profile.response';

/** Nobody belongs to more; the profile shows them all at once. */
const MOST_ORGANIZATIONS = 100;

/** A profile, and the row version it was read at. */
export interface VersionedProfile {
  readonly profile: ProfileResponse;
  readonly rowVersion: number;
}

@Injectable()
export class ProfileService {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly installations: GithubInstallationStore,
    private readonly entitlements: Entitlements,
    private readonly accounts: CreditAccountStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async get(principal: Principal): Promise<VersionedProfile> {
    const { userId, organizationId, role } = principal;
    const { reader } = this.unitOfWork;
    const [user, organizations, installations, entitlement, balance] = await Promise.all([
      this.users.find(userId),
      this.organizations.listForUser(userId, { limit: MOST_ORGANIZATIONS, after: null, order: 'asc' }),
      this.installations.listForOrganization(organizationId),
      this.entitlements.forOrganization(reader, organizationId),
      this.accounts.balance(reader, organizationId),
    ]);
    const current = organizations.rows.find((organization) => organization.id === organizationId);
    if (!user || !current) throw notFound();
    const parts = { user, current: { id: current.id, name: current.name, role }, organizations: organizations.rows, installations, entitlement, availableMicro: balance.availableMicro };
    return { profile: ProfileResponse.from(parts), rowVersion: user.rowVersion };
  }

  /** @throws {AppError} version_conflict; username_taken comes from the database */
  async update(principal: Principal, changes: ProfileChanges, expectedVersion: number | null): Promise<ProfileResponse> {
    if (Object.keys(changes).length > 0) {
      const changed = await this.unitOfWork.run((tx) => this.users.updateProfile(tx, { userId: principal.userId, expectedVersion }, changes));
      if (!changed) throw versionConflict();
    }
    return (await this.get(principal)).profile;
  }

  async credits(organizationId: string): Promise<CreditsResponse> {
    return CreditsResponse.from(await this.accounts.balance(this.unitOfWork.reader, organizationId));
  }
}
