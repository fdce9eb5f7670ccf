import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { Client } from './client.mjs';

const CREDITS = '10000';

/** Two people with an organization each, and an administrator. All on the enterprise plan and with its credits, so that limits are not in the way. */
export async function invitePeople(apiUrl, databaseUrl) {
  const tag = randomBytes(3).toString('hex');
  const people = [];
  for (const name of ['ada', 'grace', 'admin']) {
    const email = `${name}-${tag}@example.com`;
    const session = await new Client(apiUrl).post('/auth/register', { email, password: randomBytes(18).toString('base64url'), username: `${name}-${tag}` });
    people.push({ email, role: name === 'admin' ? 'admin' : 'user', organizationId: session.organization.id, accessToken: session.accessToken });
  }
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const organizations = people.map((person) => person.organizationId);
    await database.query(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'enterprise') WHERE organization_id = ANY($1)`, [organizations]);
    await database.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [people[2].email]);
  } finally {
    await database.end();
  }
  for (const { organizationId } of people) grant(databaseUrl, organizationId);
  return people;
}

function grant(databaseUrl, organizationId) {
  const args = ['dist/libs/billing/src/cli/grant-credits.js', organizationId, CREDITS, 'for trying things out'];
  const result = spawnSync(process.execPath, args, { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl }, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`credits could not be granted: ${result.stderr}`);
}
