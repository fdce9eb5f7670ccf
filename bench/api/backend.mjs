// What floor and Fastify share: who calls, and the three operations, on pg with named statements.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import pg from 'pg';
import { pageOf, taskOf, textOf } from './shape.mjs';
import { ACCOUNT, AUDIT, CREATE_COLUMNS, DAILY_LIMIT, INSERT_TASK, KEEP_ANSWER, LIST_OBJECTS, MODELS, PROVIDER, READ_OBJECT, READ_TEXT, REPOSITORY, STANDING, TAKE_KEY, taskDetailsText, TODAY } from './sql.mjs';
import { uuidv7 } from './uuid.mjs';

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
    this.#pool = new pg.Pool({ connectionString: url, max: pool, options: '-c TimeZone=UTC -c join_collapse_limit=4' });
    this.#secret = secret;
  }

  /** The organization and user of a request, or null. The signature is checked once, the session each time. */
  async caller(authorization) {
    if (!authorization?.startsWith('Bearer ')) return null;
    const claims = this.#claims(authorization.slice(7));
    if (claims === null || claims.exp * 1_000 < Date.now()) return null;
    const standing = await one(this.#pool, 'standing', STANDING, [claims.sid, claims.sub, null]);
    if (!standing?.isAlive || standing.userStatus !== 'active' || standing.tokenVersion !== claims.tv || standing.role === null) return null;
    return { userId: claims.sub, organizationId: standing.organizationId };
  }

  async readObject(organizationId, id) {
    const row = await one(this.#pool, 'read object', READ_OBJECT, [organizationId, id]);
    return row ? { tag: `"${row.row_version}-${row.last_event_seq}"`, body: taskOf(row) } : null;
  }

  /** By the statement that the API uses. */
  async readText(organizationId, id) {
    const { rows } = await this.#pool.query({ name: 'read text', text: READ_TEXT, values: [organizationId, id], rowMode: 'array', types: AS_TEXT });
    return rows[0] ? answerOf(rows[0]) : null;
  }

  async list(organizationId) {
    const { rows } = await this.#pool.query({ name: 'list', text: LIST_OBJECTS, values: [organizationId, LIMIT + 1] });
    return pageOf(rows, LIMIT);
  }

  /** The statements that the API sends, in its order. */
  async create({ userId, organizationId }, dto, key) {
    const scope = `u:${userId}`;
    const { token } = await one(this.#pool, 'take key', TAKE_KEY, [scope, key, 'POST', '/api/v1/tasks', createHash('sha256').update(JSON.stringify(dto)).digest(), 60, 24]);
    const repository = await one(this.#pool, 'repository', REPOSITORY, [organizationId, dto.repositoryId]);
    const { rows: models } = await this.#pool.query({ name: 'models', text: MODELS, values: [organizationId] });
    const model = models.find((each) => each.is_default);
    const client = await this.#pool.connect();
    try {
      await client.query('START TRANSACTION');
      const { max_tasks_per_day: limit } = await one(client, 'daily limit', DAILY_LIMIT, [organizationId]);
      const { today } = await one(client, 'today', TODAY, [organizationId]);
      await one(client, 'provider', PROVIDER, [model.id]);
      const account = await one(client, 'account', ACCOUNT, [organizationId]);
      if (!repository || today >= limit || account.available_micro === '0') throw new Error('refused');
      const task = newTask({ userId, organizationId, dto, repository, model });
      const id = uuidv7();
      const values = [id, uuidv7(), '{"from":null,"to":"queued","reason":null}', `async-coder/${id}`, 3, ...CREATE_COLUMNS.map((column) => task[column] ?? null)];
      const { rows } = await client.query({ name: 'create', text: INSERT_TASK, values, rowMode: 'array', types: AS_TEXT });
      const audited = JSON.stringify({ repositoryId: repository.id, mode: task.mode, status: task.status });
      await one(client, 'audit', AUDIT, [organizationId, 'user', userId, 'task.created', 'task', id, audited, '127.0.0.1', 'bench/1', `req_${id}`]);
      const answer = answerOf(rows[0]);
      await one(client, 'keep answer', KEEP_ANSWER, [scope, key, token, 201, '{}', Buffer.from(answer.text)]);
      await client.query('COMMIT');
      return answer;
    } finally {
      client.release();
    }
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

const asIs = (text) => text;
const AS_TEXT = { getTypeParser: () => asIs };

async function one(connection, name, text, values) {
  return (await connection.query({ name, text, values })).rows[0];
}

function answerOf(row) {
  const task = taskDetailsText(row);
  return { id: task.id, tag: `"${task.rowVersion}-${task.lastEventSeq}"`, text: textOf(task) };
}

function newTask({ userId, organizationId, dto, repository, model }) {
  return {
    organizationId, userId, repositoryId: repository.id, aiModelId: model.id, requestedModel: 'auto', mode: 'code', title: dto.prompt.slice(0, 80), prompt: dto.prompt, priority: 'medium', branch: repository.default_branch,
    targetBranch: repository.default_branch, source: 'api', options: '{"timeoutSeconds":1800}', metadata: JSON.stringify(dto.metadata ?? {}), tags: dto.tags ?? [], status: 'queued', maxCreditsMicro: (dto.maxCredits ?? 100) * 1_000_000,
  };
}
