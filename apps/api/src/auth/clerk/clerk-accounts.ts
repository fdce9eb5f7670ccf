import type { UserStanding } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { VouchedAccounts } from '@app/accounts';
import { tokenRevoked } from '../auth.errors';
import type { ClerkIdentity } from './clerk-claims';
import { ClerkPeople } from './clerk-people';

/** The account here of somebody who signed in at Clerk. */
@Injectable()
export class ClerkAccounts {
  constructor(
    private readonly accounts: VouchedAccounts,
    private readonly people: ClerkPeople,
  ) {}

  /** At first sight the account is linked or opened. @throws {AppError} token_revoked (erased), account_link_required, not_ready */
  async standing({ clerkId }: ClerkIdentity, organizationId: string | null): Promise<UserStanding> {
    const known = await this.accounts.standing(clerkId, organizationId);
    if (known) return known;
    const person = await this.people.find(clerkId);
    const account = person && (await this.accounts.findOrOpen(person));
    const standing = account && account.outcome !== 'deleted' ? await this.accounts.standing(clerkId, organizationId) : null;
    if (!standing) throw tokenRevoked();
    return standing;
  }
}
