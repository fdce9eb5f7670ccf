import { randomUUID } from 'node:crypto';
import type { ChaosHouse } from '../chaos-house';
import { lengths } from '../lengths';
import { ApiClient } from '../../support/api-client';

/** Over the promised 2 s, for a machine that has too much to do. */
const SLACK_MS = 8_000;

/** R11: an organization with a long queue delays the first task of another by one task at most. */
export async function fairness(house: ChaosHouse): Promise<object> {
  const { many } = lengths.fairness;
  await house.keep(1, 1, 2);
  const crowd = await house.handInMany(many, 'CHAOS-QUICK');
  const grace = new ApiClient(house.state.apiUrl, house.state.users[1]!.accessToken);
  const mine = await repositoryOf(grace, house);
  await house.until(async () => (await house.inStep(crowd, 1)) >= 1);
  const first = await house.handIn('CHAOS-QUICK', { repositoryId: mine }, grace);
  expect(await house.ended([first])).toEqual({ completed: 1 });
  const { rows } = await house.database.query<{ waited: number; longest: number; left: number }>(
    `SELECT extract(epoch FROM a.started_at - a.created_at)::float8 * 1000 AS waited,
            (SELECT max(extract(epoch FROM b.finished_at - b.started_at))::float8 * 1000 FROM task_attempts b WHERE b.task_id = ANY($2) AND b.finished_at IS NOT NULL) AS longest,
            (SELECT count(*)::integer FROM task_attempts b WHERE b.task_id = ANY($2) AND b.created_at < a.created_at AND (b.started_at IS NULL OR b.started_at > a.started_at)) AS left
       FROM task_attempts a WHERE a.task_id = $1`, [first, crowd]);
  const { waited, longest, left } = rows[0]!;
  expect(left).toBeGreaterThan(0);
  expect(waited).toBeLessThanOrEqual(longest + 2_000 + SLACK_MS);
  await Promise.all(crowd.map((id) => house.ada.post(`/tasks/${id}/cancel`)));
  await house.ended(crowd);
  return { many, overtaken: left, waitedMs: Math.round(waited), longestTaskMs: Math.round(longest) };
}

/** A repository of that person's own, at the same host. */
async function repositoryOf(person: ApiClient, house: ChaosHouse): Promise<string> {
  const name = `r${randomUUID().slice(0, 8)}`;
  const made = await fetch(`${house.state.peers.github}/__peer/repositories`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ owner: 'demo', name, path: `${process.cwd()}/test/peers/llm/sample-session/sample-repository` }) });
  expect(made.ok).toBe(true);
  const { status, body } = await person.post('/repositories', { fullName: `demo/${name}` });
  expect({ status, body }).toMatchObject({ status: 201 });
  return String(body.id);
}
