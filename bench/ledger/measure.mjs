// Slices of debits: filled once, emptied before each, checked after each.
import { median, percentile } from '../lib/stats.mjs';
import { ARMS } from './arms.mjs';

const IN_FLIGHT = 64;
const MANY = 64;
const ATTEMPTS = 4_000;
const CREDITS = '1000000000000000';
/** The lock once more. */
const AGAIN = 'again';

const FILL = `
CREATE TEMP TABLE who AS SELECT n, uuidv7() AS user_id, uuidv7() AS org_id, uuidv7() AS repo_id FROM generate_series(1, ${MANY}) n;
INSERT INTO users (id, email, username) SELECT user_id, 'person-' || n || '@example.com', 'person-' || n FROM who;
INSERT INTO organizations (id, kind, name, slug, owner_user_id) SELECT org_id, 'team', 'Team ' || n, 'team-' || n, user_id FROM who;
INSERT INTO credit_accounts (organization_id, available_micro) SELECT org_id, ${CREDITS} FROM who;
INSERT INTO repositories (id, organization_id, provider, github_id, name, full_name, url, clone_url)
  SELECT repo_id, org_id, 'github', n, 'service', 'acme/service-' || n, 'https://github.com/acme/service', 'https://github.com/acme/service.git' FROM who;
CREATE TEMP TABLE job AS SELECT w.*, uuidv7() AS task_id, uuidv7() AS attempt_id FROM generate_series(0, ${ATTEMPTS - 1}) k JOIN who w ON w.n = 1 + k % ${MANY};
INSERT INTO tasks (id, organization_id, user_id, repository_id, title, prompt, branch, target_branch, status, attempt_count)
  SELECT task_id, org_id, user_id, repo_id, 'Debit', 'Debit.', 'main', 'main', 'in_progress', 1 FROM job;
INSERT INTO task_counters (task_id) SELECT task_id FROM job;
INSERT INTO task_attempts (id, task_id, number, status, worker_id, lease_expires_at) SELECT attempt_id, task_id, 1, 'running', 'bench', now() + interval '1 day' FROM job;
ANALYZE;`;
/** Before each slice: nothing is reserved, and no table is larger for one design than for another. */
const EMPTY = `
TRUNCATE credit_entries, credit_transactions, credit_holds;
UPDATE credit_accounts SET available_micro = ${CREDITS}, held_micro = 0, last_seq = 0;`;
/** After each slice: what the account says must be what the rows say. */
const WRONG = `
SELECT count(*)::integer AS wrong
  FROM credit_accounts a, LATERAL (SELECT coalesce(sum(amount_micro), 0)::bigint AS held, count(*) AS holds FROM credit_holds h WHERE h.organization_id = a.organization_id) h
 WHERE a.held_micro <> h.held OR a.last_seq <> h.holds
    OR a.held_micro <> coalesce((SELECT sum(e.amount_micro) FROM credit_entries e WHERE e.organization_id = a.organization_id AND e.account = 'held'), 0)`;

/** So many debits at once for some seconds; made by one design. */
async function slice({ pool, arm, calls, seconds }) {
  const until = performance.now() + seconds * 1_000;
  const times = [];
  let lost = 0;
  let next = 0;
  const worker = async () => {
    const client = await pool.connect();
    try {
      while (performance.now() < until && next < calls.length) {
        const call = calls[next++];
        const began = performance.now();
        const done = await armOf(arm)(client, call);
        if (!done.made) throw new Error(`${arm} refused a debit that is covered`);
        times.push(performance.now() - began);
        lost += done.lost;
      }
    } finally {
      client.release();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const sorted = times.sort((a, b) => a - b);
  return { arm, perSecond: (times.length * 1_000) / (performance.now() - began), p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), lostShare: lost / times.length };
}

/** Calls of a slice: of one organization or of all, each with an attempt that holds nothing else. */
function callsFor(rows, where) {
  const of = where === 'one account' ? rows.map((row) => ({ ...row, organizationId: rows[0].organizationId })) : rows;
  return of.map((row) => ({ ...row, callSeq: 1 }));
}

function armOf(name) {
  return ARMS[name === AGAIN ? 'for update' : name];
}

export async function measureLedger({ pool, rounds, seconds }) {
  await pool.query(FILL);
  const rows = await attempts(pool);
  const slices = [];
  for (let round = -1; round < rounds; round += 1) {
    for (const where of ['one account', `${MANY} accounts`]) {
      const arms = [...Object.keys(ARMS), ...(where === 'one account' ? [AGAIN] : [])];
      for (const arm of round % 2 === 0 ? arms : arms.reverse()) {
        await pool.query(EMPTY);
        const figures = await slice({ pool, arm, calls: callsFor(rows, where), seconds: round < 0 ? Math.min(1, seconds) : seconds });
        const { wrong } = (await pool.query(WRONG)).rows[0];
        if (wrong > 0 && arm === 'ours') throw new Error(`${wrong} accounts of ours do not add up`);
        // The first round warms up.
        if (round >= 0) slices.push({ round, where, wrong, ...figures });
      }
    }
  }
  return slices;
}

/** One debit at a time, in a transaction of its own, as the product makes it, and as the bare statement: the ratio of their p50 in each round. */
export async function measureIdle({ pool, rounds, calls }) {
  const rows = callsFor(await attempts(pool), 'one account');
  const client = await pool.connect();
  try {
    const ratios = [];
    for (let round = -1; round < rounds; round += 1) {
      const times = {};
      for (const arm of round % 2 === 0 ? ['move', 'statement'] : ['statement', 'move']) {
        await client.query(EMPTY);
        times[arm] = [];
        for (const call of rows.slice(0, calls)) times[arm].push(await timed(client, call, arm === 'move'));
      }
      if (round >= 0) ratios.push(median(times.move) / median(times.statement));
    }
    return ratios;
  } finally {
    client.release();
  }
}

async function timed(client, call, isMove) {
  const began = performance.now();
  if (isMove) await client.query('BEGIN');
  const { made } = await ARMS.ours(client, call);
  if (isMove) await client.query('COMMIT');
  if (!made) throw new Error('a covered debit was refused');
  return performance.now() - began;
}

async function attempts(pool) {
  const { rows } = await pool.query('SELECT t.organization_id AS "organizationId", t.id AS "taskId", a.id AS "attemptId" FROM task_attempts a JOIN tasks t ON t.id = a.task_id ORDER BY a.id');
  return rows;
}
