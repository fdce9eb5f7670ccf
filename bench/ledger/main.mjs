// `npm run bench:ledger [-- --rounds 5 --seconds 3 --smoke --gate --save name]`: how many debits a second the ledger makes on one account and on many,
// beside three designs without a conditional statement, on the same tables in the same run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { interval, median, percentile, verdict } from '../lib/stats.mjs';
import { ARMS } from './arms.mjs';

const require = createRequire(join(process.cwd(), 'package.json'));
const IN_FLIGHT = 64;
const MANY = 64;
const ATTEMPTS = 4_000;
const CREDITS = '1000000000000000';
const GOALS = [{ id: 'PB1b', metric: 'debits/s on one account, ours ÷ SELECT FOR UPDATE', direction: 'up', gate: 1.5, target: 1.8 }];

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' }, smoke: { type: 'boolean', default: false }, gate: { type: 'boolean', default: false }, save: { type: 'string' } },
});
const plan = options.smoke ? { rounds: 1, seconds: 1 } : { rounds: Number(options.rounds), seconds: Number(options.seconds) };
const say = (line) => process.stdout.write(`${line}\n`);

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
        const done = await ARMS[arm](client, call);
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

async function run(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: IN_FLIGHT });
  try {
    await pool.query(FILL);
    const { rows } = await pool.query('SELECT t.organization_id AS "organizationId", t.id AS "taskId", a.id AS "attemptId" FROM task_attempts a JOIN tasks t ON t.id = a.task_id ORDER BY a.id');
    const slices = [];
    for (let round = -1; round < plan.rounds; round++) {
      for (const where of ['one account', `${MANY} accounts`]) {
        for (const arm of round % 2 === 0 ? Object.keys(ARMS) : Object.keys(ARMS).reverse()) {
          await pool.query(EMPTY);
          const figures = await slice({ pool, arm, calls: callsFor(rows, where), seconds: round < 0 ? 1 : plan.seconds });
          const { wrong } = (await pool.query(WRONG)).rows[0];
          if (wrong > 0 && arm === 'ours') throw new Error(`${wrong} accounts of ours do not add up`);
          // The first round warms up.
          if (round >= 0) slices.push({ round, where, wrong, ...figures });
        }
      }
    }
    return slices;
  } finally {
    await pool.end();
  }
}

function report(figures, goals) {
  const of = (where, arm) => figures.slices.filter((one) => one.where === where && one.arm === arm);
  const ratios = (where, arm, field = 'perSecond') => of(where, 'ours').map((one, n) => one[field] / of(where, arm)[n][field]);
  const round = (value, digits = 0) => value.toFixed(digits);
  const lines = ['', `${figures.cpu}; ${figures.node}; load ${figures.load}; ${plan.rounds} rounds of ${plan.seconds} s, ${IN_FLIGHT} in flight`, '', '| where | design | debits/s | p50 ms | p99 ms | tries lost per debit | accounts that do not add up | ours ÷ it |', '|---|---|---|---|---|---|---|---|'];
  for (const where of [...new Set(figures.slices.map((one) => one.where))]) {
    for (const arm of Object.keys(ARMS)) {
      const mine = of(where, arm);
      const middle = (field) => median(mine.map((one) => one[field]));
      const ratio = arm === 'ours' ? '' : `${round(median(ratios(where, arm)), 2)} (${interval(ratios(where, arm)).map((value) => round(value, 2)).join('-')})`;
      lines.push(`| ${where} | ${arm} | ${round(middle('perSecond'))} | ${round(middle('p50'), 1)} | ${round(middle('p99'), 1)} | ${round(middle('lostShare'), 2)} | ${Math.max(...mine.map((one) => one.wrong))} | ${ratio} |`);
    }
  }
  const judged = goals.map((goal) => ({ goal, word: verdict(goal, interval(ratios('one account', 'for update'))) }));
  lines.push('', ...judged.map(({ goal, word }) => `${goal.id} ${goal.metric}: gate ${goal.gate}, target ${goal.target}: ${word}`), '');
  return { text: lines.join('\n'), failed: judged.some(({ word }) => word === 'FAIL') };
}

const { startPostgres } = require('./dist/test/support/postgres.js');
const postgres = await startPostgres({ durable: true });
try {
  await postgres.ensureDatabase('ledger_bench');
  const databaseUrl = postgres.url('ledger_bench');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/libs/domain/src/cli/migrate.js'], { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  const slices = await run(databaseUrl);
  const figures = { date: new Date().toISOString().slice(0, 16), cpu: cpus()[0]?.model ?? 'unknown', node: process.version, load: loadavg().map((value) => value.toFixed(1)).join(' '), plan, slices };
  const { text, failed } = report(figures, GOALS);
  say(text);
  if (options.save) {
    mkdirSync('bench/results', { recursive: true });
    writeFileSync(`bench/results/${options.save}.json`, `${JSON.stringify(figures, null, 1)}\n`);
  }
  if (options.gate && failed) process.exitCode = 1;
} finally {
  await postgres.stop();
}
