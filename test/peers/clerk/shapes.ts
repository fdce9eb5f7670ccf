// Clerk's objects as its SDK describes them: the compiler checks the making, `faultsOfUser` what is really sent.
import type { SessionJSON, UserJSON } from '@clerk/backend';

type Kind = 'string' | 'number' | 'boolean' | 'array' | 'object';
type Field = Kind | `${Kind}?`;

/** Every field of a user; with `?` it may be null. A field that the SDK gains or loses breaks the build here. */
const USER_FIELDS = {
  object: 'string', id: 'string', username: 'string?', first_name: 'string?', last_name: 'string?', image_url: 'string', has_image: 'boolean',
  primary_email_address_id: 'string?', primary_phone_number_id: 'string?', primary_web3_wallet_id: 'string?', password_enabled: 'boolean', two_factor_enabled: 'boolean',
  totp_enabled: 'boolean', backup_code_enabled: 'boolean', email_addresses: 'array', phone_numbers: 'array', web3_wallets: 'array', organization_memberships: 'array?',
  external_accounts: 'array', enterprise_accounts: 'array', password_last_updated_at: 'number?', public_metadata: 'object', private_metadata: 'object', unsafe_metadata: 'object',
  external_id: 'string?', last_sign_in_at: 'number?', banned: 'boolean', locked: 'boolean', deprovisioned: 'boolean', lockout_expires_in_seconds: 'number?',
  verification_attempts_remaining: 'number?', created_at: 'number', updated_at: 'number', last_active_at: 'number?', create_organization_enabled: 'boolean',
  create_organizations_limit: 'number?', delete_self_enabled: 'boolean', legal_accepted_at: 'number?', locale: 'string?', timezone: 'string?',
} as const satisfies Record<keyof UserJSON, Field>;

export interface NewClerkUser {
  readonly id?: string;
  /** Null: a person without an address. */
  readonly email?: string | null;
  readonly verified?: boolean;
  readonly username?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly imageUrl?: string;
}

export function clerkUser(id: string, person: NewClerkUser, now: number): UserJSON {
  const { email = `${id}@example.com`, verified = true, username = null, firstName = null, lastName = null, imageUrl = `https://img.clerk.test/${id}` } = person;
  const address = `idn_${id.slice(5)}`;
  return {
    object: 'user', id, username, first_name: firstName, last_name: lastName, image_url: imageUrl, has_image: false,
    primary_email_address_id: email === null ? null : address, primary_phone_number_id: null, primary_web3_wallet_id: null, password_enabled: true, two_factor_enabled: false,
    totp_enabled: false, backup_code_enabled: false, email_addresses: email === null ? [] : [emailAddress(address, email, verified)], phone_numbers: [], web3_wallets: [],
    organization_memberships: null, external_accounts: [], enterprise_accounts: [], password_last_updated_at: null, public_metadata: {}, private_metadata: {}, unsafe_metadata: {},
    external_id: null, last_sign_in_at: now, banned: false, locked: false, deprovisioned: false, lockout_expires_in_seconds: null, verification_attempts_remaining: 100,
    created_at: now, updated_at: now, last_active_at: now, create_organization_enabled: true, create_organizations_limit: null, delete_self_enabled: true, legal_accepted_at: null,
    locale: null, timezone: null,
  };
}

export function clerkSession(id: string, userId: string, status: string, now: number): SessionJSON {
  return {
    object: 'session', id, client_id: 'client_1', user_id: userId, status, actor: null, last_active_at: now, expire_at: now + 604_800_000, abandon_at: now + 2_592_000_000,
    created_at: now, updated_at: now,
  };
}

function emailAddress(id: string, email: string, verified: boolean): UserJSON['email_addresses'][number] {
  const verification = { object: 'verification' as never, id: 'ver_1', status: verified ? ('verified' as const) : ('unverified' as const), strategy: 'email_code', attempts: 1, expire_at: null };
  return { object: 'email_address', id, email_address: email, verification, linked_to: [] };
}

/** What is wrong with a user that is about to be sent. */
export function faultsOfUser(user: unknown): string[] {
  const record = user as Record<string, unknown>;
  const faults = Object.entries(USER_FIELDS).filter(([name, field]) => !fits(record[name], field)).map(([name, field]) => `${name} is no ${field}`);
  return [...faults, ...Object.keys(record).filter((name) => !(name in USER_FIELDS)).map((name) => `${name} is no field of a user`)];
}

function fits(value: unknown, field: Field): boolean {
  if (value === null) return field.endsWith('?');
  const kind = field.replace('?', '');
  return kind === 'array' ? Array.isArray(value) : typeof value === kind && !Array.isArray(value);
}
