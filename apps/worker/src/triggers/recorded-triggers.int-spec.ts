import { createRequire } from 'node:module';
import { readGithubPayload } from '@app/github';
import { TriggerHouse } from './testing/trigger-house';
import { TRIGGER_HANDLERS } from './triggers.module';

interface Recorded {
  readonly name: string;
  readonly examples: readonly (Record<string, unknown> & { action?: string; pull_request?: { state?: string; head?: { sha?: string } } })[];
}

const RECORDED = createRequire(__filename)('@octokit/webhooks-examples/api.github.com/index.json') as Recorded[];

let t: TriggerHouse;
beforeAll(async () => {
  t = await TriggerHouse.open();
}, 120_000);
afterAll(async () => {
  const violations = t.peer.violations();
  await t.close();
  expect(violations).toEqual([]);
});

it('what GitHub once sent, as if a writer had done it, starts reviews of pull requests and nothing else, once each', async () => {
  const repository = await t.repository({ autoReview: true, reviewOnPush: true, autoFixChecks: true });
  const handlers = TRIGGER_HANDLERS.map((Handler) => t.worker.get(Handler));
  const about = { repository: { id: repository.githubId, full_name: repository.fullName, private: true }, installation: { id: t.peer.installationId }, sender: t.account('ada') };
  const all = RECORDED.flatMap(({ name, examples }) => examples.map((payload, index) => ({ name, payload, deliveryId: `recorded-${name}-${index}` })));
  const taken = new Set<string>();
  const apply = async ({ name, payload, deliveryId }: (typeof all)[number], mayStart: boolean): Promise<void> => {
    const read = readGithubPayload(Buffer.from(JSON.stringify({ ...payload, ...about })));
    if (read === null) throw new Error(`${name} is no payload`);
    const event = { name, action: read.text('action'), payload: read, deliveryId, installationId: read.id('installation', 'id'), repositoryId: read.id('repository', 'id') };
    for (const handler of handlers.filter(({ events }) => events.includes(name))) {
      taken.add(name);
      const { status } = await handler.apply(event);
      if (!mayStart && status === 'processed') throw new Error(`${name} ${event.action} started something`);
    }
  };
  for (const round of [1, 2]) {
    for (const one of all) await apply(one, round === 2 || one.name === 'pull_request');
    const tasks = await t.tasks(repository);
    expect(tasks.map(({ mode, source }) => `${mode} ${source}`)).toEqual(tasks.map(() => 'pr_review pull_request'));
    expect(new Set(tasks.map(({ dedupeKey }) => dedupeKey)).size).toBe(tasks.length);
    expect(tasks.length).toBeGreaterThan(0);
    expect(tasks.length).toBeLessThan(8);
  }
  expect([...taken].sort()).toEqual(['check_run', 'check_suite', 'issue_comment', 'issues', 'pull_request', 'pull_request_review', 'pull_request_review_comment', 'status', 'workflow_run']);
}, 120_000);
