// What must hold for a figure to count: the arms say the same, it is what our OpenAPI promises, and nobody gets in who may not.
import { deepStrictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { removeNew, signed } from './seed.mjs';

const SAMPLE = 40;

export async function checkAnswers(bench) {
  const arms = bench.arms.filter((arm) => arm.name !== 'again');
  const people = bench.people.filter((_, n) => n % Math.ceil(bench.people.length / SAMPLE) === 0);
  for (const [n, person] of people.entries()) {
    const path = `/api/v1/tasks/${person.tasks[n % person.tasks.length]}`;
    sameEverywhere(await Promise.all(arms.map((arm) => get(arm, path, person.token))), path);
    sameEverywhere(await Promise.all(arms.map((arm) => get(arm, '/api/v1/tasks', person.token))), '/api/v1/tasks');
  }
  await checkCreates(bench);
  await removeNew(bench.admin);
}

function sameEverywhere(answers, path) {
  const [first, ...others] = answers.map(({ arm, status, etag, body }) => {
    if (status !== 200) throw new Error(`${arm} answered ${path} with ${status}: ${JSON.stringify(body)}`);
    // Only our cursors carry a signature.
    return { arm, etag: path.endsWith('tasks') ? null : etag, body: 'nextCursor' in body ? { ...body, nextCursor: body.nextCursor !== null } : body };
  });
  for (const other of others) deepStrictEqual(other.body, first.body, `${other.arm} and ${first.arm} differ on ${path}`);
  for (const other of others) deepStrictEqual(other.etag, first.etag, `the tags of ${other.arm} and ${first.arm} differ on ${path}`);
}

const COUNTED = ['tasks', 'task_counters', 'task_attempts', 'task_events', 'idempotency_keys', 'audit_logs'];

/** Each arm writes the same rows for a new task, and answers alike but for ids and times. */
export async function checkCreates(bench) {
  const arms = bench.arms.filter((arm) => arm.name !== 'again');
  const outcomes = [];
  for (const arm of arms) {
    const before = await countRows(bench.admin);
    const { status, body } = await post(arm, bench.people[3]);
    if (status !== 201) throw new Error(`${arm.name} answered a create with ${status}: ${JSON.stringify(body)}`);
    const after = await countRows(bench.admin);
    const shown = await get(arm, body.links.self, bench.people[3].token);
    deepStrictEqual(withoutOwn(shown.body), withoutOwn(body), `${arm.name} shows another task than it answered`);
    outcomes.push({ arm: arm.name, rows: COUNTED.map((_, n) => after[n] - before[n]), body: withoutOwn(body) });
  }
  for (const { arm, rows, body } of outcomes) {
    deepStrictEqual(rows, COUNTED.map(() => 1), `${arm} wrote ${rows} rows to ${COUNTED}`);
    deepStrictEqual({ ...body, model: null }, { ...outcomes[0].body, model: null }, `${arm} and ${outcomes[0].arm} answer a create differently`);
  }
}

function withoutOwn({ id, createdAt, updatedAt, queuedAt, workBranch, links, queue, ...body }) {
  return body;
}

async function countRows(client) {
  const { rows } = await client.query({ rowMode: 'array', text: `SELECT ${COUNTED.map((table) => `(SELECT count(*)::int FROM ${table})`).join(', ')}` });
  return rows[0];
}

async function post(arm, { token, repo_id: repositoryId }) {
  const body = JSON.stringify({ repositoryId, prompt: 'Make it wait.', tags: ['backend'], metadata: { ticket: 'ABC-123' }, maxCredits: 50 });
  const response = await fetch(`${arm.url}/api/v1/tasks`, { method: 'POST', body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() } });
  return { status: response.status, body: await response.json() };
}

/** What our answers promise in our own OpenAPI. */
export async function checkSchema(bench) {
  const ours = bench.arm('ours');
  const { document, path } = await openApi(ours);
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  ajv.addSchema(document, 'api');
  const validate = (operation, status) => ajv.compile({ $ref: `api#/paths/${operation.path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${operation.method}/responses/${status}/content/application~1json/schema` });
  const checks = { one: validate({ path: `${path}/{id}`, method: 'get' }, 200), page: validate({ path, method: 'get' }, 200) };
  for (const person of bench.people.slice(10, 20)) {
    const answers = { one: await get(ours, `/api/v1/tasks/${person.tasks[4]}`, person.token), page: await get(ours, '/api/v1/tasks', person.token) };
    for (const [what, { body }] of Object.entries(answers)) if (!checks[what](body)) throw new Error(`our answer is off our own schema: ${ajv.errorsText(checks[what].errors)}`);
  }
}

async function openApi(ours) {
  for (const address of ['/api/v1/openapi.json', '/openapi.json', '/docs/openapi.json', '/docs-json']) {
    const response = await fetch(ours.url + address);
    if (!response.ok) continue;
    const document = await response.json();
    const path = Object.keys(document.paths).find((each) => each.endsWith('/tasks'));
    return { document, path };
  }
  throw new Error('the API shows no openapi.json');
}

export async function checkRefusals(bench) {
  const [person] = bench.people;
  const path = `/api/v1/tasks/${person.tasks[0]}`;
  const ours = bench.arm('ours');
  const { JWT_SECRET: secret, PUBLIC_URL: issuer } = bench.settings;
  const old = Math.floor(Date.now() / 1_000) - 1_000;
  const tokens = { expired: signed(person, { secret, issuer }, { iat: old - 100, exp: old }), forged: signed(person, { secret: `${secret}!`, issuer }), 'of another issuer': signed(person, { secret, issuer: 'http://evil' }) };
  for (const [what, token] of Object.entries(tokens)) if ((await get(ours, path, token)).status !== 401) throw new Error(`a token that is ${what} was taken`);
  const [, other] = bench.people;
  if ((await get(ours, path, other.token)).status !== 404) throw new Error("a foreign task was shown");
  await bench.admin.query('UPDATE user_sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1', [person.session_id, 'logout']);
  if ((await get(ours, path, person.token)).status !== 401) throw new Error('a revoked session was taken');
  await bench.admin.query('UPDATE user_sessions SET revoked_at = NULL, revoked_reason = NULL WHERE id = $1', [person.session_id]);
}

async function get(arm, path, token) {
  const response = await fetch(arm.url + path, { headers: { authorization: `Bearer ${token}` } });
  return { arm: arm.name, status: response.status, etag: response.headers.get('etag'), body: await response.json() };
}
