import { CreditAccountStore, Entitlements } from '@app/billing';
import { notFound } from '@app/common';
import { MOST_ORGANIZATIONS, OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { CreditsResponse } from './dto/credits.response';
import { ProfileResponse } from './dto/profile.response';
import { ProfileGithubParts } from './profile-github';

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
    private readonly github: ProfileGithubParts,
    private readonly entitlements: Entitlements,
    private readonly accounts: CreditAccountStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async get(principal: Principal): Promise<VersionedProfile> {
    const { userId, organizationId, role } = principal;
    const { reader } = this.unitOfWork;
    const [user, organizations, github, entitlement, balance] = await Promise.all([
      this.users.find(userId),
      this.organizations.listForUser(userId, { limit: MOST_ORGANIZATIONS, after: null, order: 'asc' }),
      this.github.of(userId, organizationId),
      this.entitlements.forOrganization(reader, organizationId),
      this.accounts.balance(reader, organizationId),
    ]);
    const current = organizations.rows.find((organization) => organization.id === organizationId);
    if (!user || !current) throw notFound();
    // A personal access token is of one organization and learns of no other.
    const shown = principal.credential === 'token' ? [current] : organizations.rows;
    const parts = { user, current: { id: current.id, name: current.name, role }, organizations: shown, ...github, entitlement, availableMicro: balance.availableMicro };
    return { profile: ProfileResponse.from(parts), rowVersion: user.rowVersion };
  }

  async credits(organizationId: string): Promise<CreditsResponse> {
    return CreditsResponse.from(await this.accounts.balance(this.unitOfWork.reader, organizationId));
  }
}
