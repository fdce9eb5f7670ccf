import { AppError, declaredErrors, type ErrorKind, NOT_FOUND, VALIDATION_FAILED } from '@app/common';
import { isDatabaseAway } from '@app/domain';
import { CONFLICT, UNAVAILABLE } from './http.errors';

/** Unique indexes that a request can violate, with the code of each; a test reads the schema for ones that are missing here. */
export const CODE_OF_CONSTRAINT: Readonly<Record<string, string>> = {
  users_email_uq: 'email_taken',
  users_username_uq: 'username_taken',
  organizations_slug_uq: 'slug_taken',
  repositories_org_github_uq: 'repository_already_connected',
  repositories_org_clone_uq: 'repository_already_connected',
  api_keys_name_uq: 'api_key_duplicate',
  api_keys_fingerprint_uq: 'api_key_duplicate',
  api_keys_default_uq: 'api_key_duplicate',
  budgets_one_uq: 'budget_duplicate',
  webhook_endpoints_url_uq: 'webhook_endpoint_duplicate',
  users_clerk_id_key: 'account_link_required',
  users_github_id_key: 'account_link_required',
  github_connections_github_user_id_key: 'account_link_required',
  subscriptions_one_live_uq: 'subscription_exists',
};

/** Node's codes for a server that cannot be reached. */
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
/** Cannot connect (08, 28, 3D, 53, 57P), cancelled or waited too long (57014, 55P03), lost against another transaction (40). */
const PASSING = /^(08|28|3D|40|53|57)|^55P03$/;

interface DatabaseFault {
  readonly code: string;
  readonly constraint?: string;
}

/**
 * What the database refused, as an error of ours: bad values and violated rules are the caller's (4xx), a lost server passes (503 with
 * Retry-After). Null: not the database's, or its fault means a bug of ours. Its text never gets out.
 */
export function fromDatabase(error: unknown): AppError | null {
  const fault = databaseFault(error);
  if (!fault) return null;
  const facts = { cause: error };
  if (NETWORK.has(fault.code) || PASSING.test(fault.code)) {
    return new AppError(UNAVAILABLE, 'A part that is needed does not answer now. Try again.', { ...facts, headers: { 'Retry-After': '1' } });
  }
  if (fault.code === '23505') return new AppError(kindOf(fault.constraint), 'There is one like this already.', facts);
  if (fault.code === '23503') return new AppError(NOT_FOUND, 'There is no such resource, or you cannot see it.', facts);
  if (fault.code.startsWith('22') || fault.code.startsWith('23')) {
    return new AppError(VALIDATION_FAILED, 'A value is out of range or has a wrong form.', { ...facts, errors: [{ pointer: '', code: 'invalid_value', detail: 'a value is out of range or has a wrong form' }] });
  }
  return null;
}

function databaseFault(error: unknown): DatabaseFault | null {
  if (typeof error !== 'object' || error === null) return null;
  const candidate = 'driverError' in error && typeof error.driverError === 'object' && error.driverError !== null ? error.driverError : error;
  const { code, constraint } = candidate as { code?: unknown; constraint?: unknown };
  if (typeof code === 'string' && (NETWORK.has(code) || /^[0-9A-Z]{5}$/.test(code))) return { code, constraint: typeof constraint === 'string' ? constraint : undefined };
  return isDatabaseAway(candidate) ? { code: 'ECONNRESET' } : null;
}

function kindOf(constraint: string | undefined): ErrorKind {
  const code = constraint === undefined ? undefined : CODE_OF_CONSTRAINT[constraint];
  return declaredErrors().find((kind) => kind.code === code) ?? CONFLICT;
}
