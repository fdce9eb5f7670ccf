/** A person as an identity provider knows them. */
export interface VouchedPerson {
  /** The provider's id of the person. */
  readonly clerkId: string;
  /** The primary address; null: the person has none. */
  readonly email: string | null;
  /** Whether the provider has seen that the address is theirs. */
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly avatarUrl: string | null;
  /** When the provider last changed the person: news that is older is dropped. */
  readonly updatedAt: Date;
}

const LONGEST_EMAIL = 320;
const LONGEST_URL = 2_048;

/**
 * Reads a Clerk user, as its Backend API and its webhooks write one. Null: this is no user. What does not fit our columns is cut or left
 * out, so that an odd name keeps nobody from signing in.
 */
export function personFromClerk(user: unknown): VouchedPerson | null {
  if (!isRecord(user) || typeof user['id'] !== 'string' || typeof user['updated_at'] !== 'number') return null;
  const updatedAt = new Date(user['updated_at']);
  if (Number.isNaN(updatedAt.getTime())) return null;
  const address = primaryAddress(user);
  return {
    clerkId: user['id'],
    email: address?.email ?? null,
    emailVerified: address?.isVerified ?? false,
    username: text(user['username'], 64),
    firstName: text(user['first_name'], 100),
    lastName: text(user['last_name'], 100),
    avatarUrl: avatar(user['image_url']),
    updatedAt,
  };
}

function primaryAddress(user: Record<string, unknown>): { email: string; isVerified: boolean } | null {
  const list: unknown[] = Array.isArray(user['email_addresses']) ? user['email_addresses'] : [];
  const primary = list.find((one) => isRecord(one) && typeof one['id'] === 'string' && one['id'] === user['primary_email_address_id']);
  if (!isRecord(primary)) return null;
  const { email_address: email, verification } = primary;
  if (typeof email !== 'string' || email.length > LONGEST_EMAIL || email.indexOf('@') < 1 || !isStorable(email)) return null;
  return { email, isVerified: isRecord(verification) && verification['status'] === 'verified' };
}

function avatar(value: unknown): string | null {
  return typeof value === 'string' && value.length <= LONGEST_URL && /^https:\/\/\S+$/.test(value) && isStorable(value) ? value : null;
}

/** Cut at whole characters. */
function text(value: unknown, most: number): string | null {
  if (typeof value !== 'string' || !isStorable(value)) return null;
  const cut = [...value.trim()].slice(0, most).join('');
  return cut === '' ? null : cut;
}

/** What a text column takes. */
function isStorable(value: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
