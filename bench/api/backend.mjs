// What floor and Fastify share: who calls, and the three operations, on pg with named statements.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import pg from 'pg';
import { LIST, READ, STANDING } from './sql.mjs';
import { pageOf, taskOf } from './shape.mjs';

export const LIMIT = 20;

export function settings() {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: pool, JWT_SECRET: secret, PUBLIC_URL: issuer } = process.env;
  return { url, pool: Number(pool), secret, issuer };
}

export class Backend {
  #pool;
  #secret;
  #tokens = new Map();

  constructor({ url, pool, secret }) {
    this.#pool = new pg.Pool({ connectionString: url, max: pool, options: '-c TimeZone=UTC' });
    this.#secret = secret;
  }

  /** The organization and user of a request, or null. The signature is checked once, the session each time. */
  async caller(authorization) {
    if (!authorization?.startsWith('Bearer ')) return null;
    const claims = this.#claims(authorization.slice(7));
    if (claims === null || claims.exp * 1_000 < Date.now()) return null;
    const standing = await this.#one('standing', STANDING, [claims.sid, claims.sub, null]);
    if (!standing?.isAlive || standing.userStatus !== 'active' || standing.tokenVersion !== claims.tv || standing.role === null) return null;
    return { userId: claims.sub, organizationId: standing.organizationId };
  }

  async read(organizationId, id) {
    const row = await this.#one('read', READ, [organizationId, id]);
    return row ? { tag: `"${row.row_version}-${row.last_event_seq}"`, body: taskOf(row) } : null;
  }

  async list(organizationId) {
    const { rows } = await this.#pool.query({ name: 'list', text: LIST, values: [organizationId, LIMIT + 1] });
    return pageOf(rows, LIMIT);
  }

  async #one(name, text, values) {
    return (await this.#pool.query({ name, text, values })).rows[0];
  }

  #claims(token) {
    const known = this.#tokens.get(token);
    if (known) return known;
    const [head, body, signature] = token.split('.');
    const expected = createHmac('sha256', this.#secret).update(`${head}.${body}`).digest();
    const given = Buffer.from(signature ?? '', 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    this.#tokens.set(token, claims);
    return claims;
  }
}

export { randomUUID };
