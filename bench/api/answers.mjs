// What must hold for a figure to count: the arms say the same, it is what our OpenAPI promises, and nobody gets in who may not.
import { deepStrictEqual } from 'node:assert';
import { signed } from './seed.mjs';

const SAMPLE = 40;

export async function checkAnswers(bench) {
  const arms = bench.arms.filter((arm) => arm.name !== 'again');
  const people = bench.people.filter((_, n) => n % Math.ceil(bench.people.length / SAMPLE) === 0);
  for (const [n, person] of people.entries()) {
    const path = `/api/v1/tasks/${person.tasks[n % person.tasks.length]}`;
    sameEverywhere(await Promise.all(arms.map((arm) => get(arm, path, person.token))), path);
    sameEverywhere(await Promise.all(arms.map((arm) => get(arm, '/api/v1/tasks', person.token))), '/api/v1/tasks');
  }
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
