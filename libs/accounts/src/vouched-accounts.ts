import { becomeActor, currentActor, recordAudit, sqlRow, type Tx, UnitOfWork, type User, type UserStanding, withActor } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AccountOpening, type NewPerson } from './account-opening';
import { accountLinkRequired, addressRequired } from './accounts.errors';
import { isUsername, uniqueUsername } from './names';
import { changePerson, IS_GONE, STANDING } from './vouched-sql';
import type { VouchedPerson } from './vouched-person';

/**
 * `known`: linked before · `linked`: an account with the person's verified address was there · `opened`: a new one · `deleted`: the person
 * was erased, here or at the provider, and does not come back.
 */
export type VouchedAccount = { readonly outcome: 'known' | 'linked' | 'opened'; readonly userId: string } | { readonly outcome: 'deleted' };

interface Holder {
  readonly id: string;
  readonly status: User['status'];
  readonly isVerified: boolean;
  readonly isLinked: boolean;
}

/** A name or an address may be taken between look and insert. */
const TRIES = 3;

/** Accounts of people whom an identity provider vouches for. */
@Injectable()
export class VouchedAccounts {
  constructor(
    private readonly opening: AccountOpening,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** The standing of a linked person in the organization asked for (null: their default one); null: never seen. */
  standing(clerkId: string, organizationId: string | null): Promise<UserStanding | null> {
    return sqlRow<UserStanding>(this.unitOfWork.reader, STANDING, [clerkId, organizationId]);
  }

  /** The user of a linked person, erased or not. */
  async userOf(tx: Tx, clerkId: string): Promise<string | null> {
    return (await sqlRow<{ id: string }>(tx, `SELECT id FROM users WHERE clerk_id = $1`, [clerkId]))?.id ?? null;
  }

  /** Whether the person was erased, here or at the provider. */
  async isGone(tx: Tx, clerkId: string): Promise<boolean> {
    return (await sqlRow(tx, IS_GONE, [clerkId])) !== null;
  }

  /**
   * The person's account: the linked one, or the one with the same address if both sides verified it, or a new one. Safe to call at once
   * from many places. @throws {AppError} account_link_required
   */
  findOrOpen(person: VouchedPerson): Promise<VouchedAccount> {
    return this.serialized(person.clerkId, (tx) => this.resolve(tx, person));
  }

  /** Takes over what the provider changed, unless ours is as new; opens the account when the news came before the person. @throws {AppError} account_link_required */
  refresh(person: VouchedPerson): Promise<VouchedAccount> {
    return this.serialized(person.clerkId, async (tx) => {
      const account = await this.resolve(tx, person);
      if (account.outcome === 'known') await this.change(tx, account.userId, person);
      return account;
    });
  }

  /** Runs `work` in one transaction with the person held, so that no two of one person run at once; again when it met a name just taken. */
  async serialized<T>(clerkId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      try {
        // An actor of its own: a round that was rolled back must not leave its user behind as the one who acts.
        return await withActor(currentActor(), () => this.unitOfWork.run(async (tx) => {
          await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('person-' || $1, 0))`, [clerkId]);
          return work(tx);
        }));
      } catch (error) {
        if (round >= TRIES || !isTaken(error)) throw error;
      }
    }
  }

  private async resolve(tx: Tx, person: VouchedPerson): Promise<VouchedAccount> {
    if (await this.isGone(tx, person.clerkId)) return { outcome: 'deleted' };
    const known = await this.userOf(tx, person.clerkId);
    if (known !== null) return { outcome: 'known', userId: known };
    if (person.email === null) throw addressRequired();
    const holder = await sqlRow<Holder>(
      tx,
      `SELECT id, status, email_verified_at IS NOT NULL AS is_verified, clerk_id IS NOT NULL AS is_linked FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL FOR UPDATE`,
      [person.email],
    );
    if (!holder) return { outcome: 'opened', userId: (await this.opening.open(tx, await this.newPerson(tx, person, person.email))).userId };
    if (holder.isLinked || !holder.isVerified || !person.emailVerified) throw accountLinkRequired();
    return this.link(tx, holder.id, person);
  }

  private async link(tx: Tx, userId: string, person: VouchedPerson): Promise<VouchedAccount> {
    await tx.query(
      `UPDATE users SET clerk_id = $2, clerk_updated_at = $3, first_name = coalesce(first_name, $4), last_name = coalesce(last_name, $5), avatar_url = coalesce(avatar_url, $6) WHERE id = $1`,
      [userId, person.clerkId, person.updatedAt, person.firstName, person.lastName, person.avatarUrl],
    );
    if (currentActor().type === 'system') becomeActor({ type: 'user', id: userId });
    await recordAudit(tx, { organizationId: null, action: 'account.linked', targetType: 'user', targetId: userId, changes: { clerkId: person.clerkId } });
    return { outcome: 'linked', userId };
  }

  private async change(tx: Tx, userId: string, person: VouchedPerson): Promise<void> {
    const changed = await changePerson(tx, userId, person);
    if (changed) await recordAudit(tx, { organizationId: null, action: 'account.updated', targetType: 'user', targetId: userId, changes: { by: 'clerk', email: changed.tookEmail ? 'changed' : 'kept' } });
  }

  private async newPerson(tx: Tx, person: VouchedPerson, email: string): Promise<NewPerson> {
    const { clerkId, updatedAt, emailVerified, firstName, lastName, avatarUrl } = person;
    const displayName = [firstName, lastName].filter((name) => name !== null).join(' ').slice(0, 200).replace(/\p{Surrogate}/gu, '').trim() || null;
    return { email, username: await this.freeUsername(tx, person.username), displayName, passwordHash: null, vouched: { clerkId, clerkUpdatedAt: updatedAt, emailVerified, firstName, lastName, avatarUrl } };
  }

  /** The provider's username as it is if it is good and free here, else one like it; undefined: the provider has none. */
  private async freeUsername(tx: Tx, wish: string | null): Promise<string | undefined> {
    if (wish === null) return undefined;
    const isTaken = !isUsername(wish) || (await sqlRow(tx, `SELECT 1 AS taken FROM users WHERE lower(username) = lower($1) AND deleted_at IS NULL`, [wish])) !== null;
    return isTaken ? uniqueUsername(wish) : wish;
  }
}

/** A unique index met a row that came meanwhile. */
function isTaken(error: unknown): boolean {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  return code === '23505' || driverError?.code === '23505';
}
