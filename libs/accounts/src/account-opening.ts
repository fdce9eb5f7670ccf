import { FreePlan } from '@app/billing';
import { newId } from '@app/common';
import { becomeActor, currentActor, OrganizationStore, recordAudit, type Tx, UserStore, type VouchedColumns } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { GrantedAddresses } from './granted-addresses';
import { slugFrom, usernameFrom } from './names';

/** Somebody who has no account yet. */
export interface NewPerson {
  readonly email: string;
  /** Absent: made from the address. */
  readonly username?: string;
  readonly displayName: string | null;
  /** Null: an identity provider lets the person in. */
  readonly passwordHash: string | null;
  /** What the identity provider says; absent: the person signed up here. */
  readonly vouched?: VouchedColumns;
}

export interface OpenedAccount {
  readonly userId: string;
  readonly username: string;
  readonly organizationId: string;
  readonly organization: { readonly id: string; readonly name: string; readonly slug: string };
}

/** A new account, all or nothing: user, personal organization, credit account, free plan, and once per person the sign-up grant. */
@Injectable()
export class AccountOpening {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly freePlan: FreePlan,
    private readonly granted: GrantedAddresses,
  ) {}

  /** @throws on a taken e-mail address or username: unique indexes users_email_uq, users_username_uq; and users_clerk_id_key. */
  async open(tx: Tx, person: NewPerson): Promise<OpenedAccount> {
    const userId = newId();
    const { email, displayName, passwordHash, vouched } = person;
    const username = person.username ?? usernameFrom(email);
    const organization = { id: newId(), name: displayName ?? username, slug: slugFrom(username) };
    await this.users.create(tx, { id: userId, email, username, displayName, passwordHash, defaultOrganizationId: organization.id, vouched });
    await this.organizations.createPersonal(tx, { ...organization, ownerUserId: userId });
    await this.freePlan.start(tx, { organizationId: organization.id, userId, hadGrant: await this.granted.knows(tx, email) });
    // Nobody was signed in: it is the new user who acts. A webhook stays itself.
    if (currentActor().type === 'system') becomeActor({ type: 'user', id: userId });
    await recordAudit(tx, { organizationId: organization.id, action: 'account.opened', targetType: 'user', targetId: userId, changes: { by: vouched ? 'clerk' : 'password' } });
    return { userId, username, organizationId: organization.id, organization };
  }
}
