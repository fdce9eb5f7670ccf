import { AutomationStore, CheckWatchStore, type AutomationKind, type AutomationRow } from '@app/domain';
import { AutomationRuns } from '@app/submission';
import { AutomationSweeper } from './automation.sweeper';
import { TriggerHouse, type TriggerRepository } from './testing/trigger-house';
import { TriggerRetentionSweeper } from './trigger-retention.sweeper';

jest.setTimeout(60_000);

let t: TriggerHouse;
beforeAll(async () => {
  t = await TriggerHouse.open();
}, 120_000);
afterAll(async () => {
  const violations = t.peer.violations();
  await t.close();
  expect(violations).toEqual([]);
});

let ids = 80_000;
const issueOf = (number: number) => ({ number, title: 'Greet politely', body: 'Please.', html_url: 'https://github.com/acme/x/issues/1', state: 'open', user: t.account('mallory'), labels: [{ name: 'bug' }] });

function automation(repository: TriggerRepository, kind: AutomationKind, fields: Partial<AutomationRow> = {}): Promise<AutomationRow> {
  const { organization, user } = repository.tenant;
  const made = { organizationId: organization.id, repositoryId: repository.id, userId: user.id, name: 'Rule', kind, trigger: {}, filter: {}, template: { prompt: 'Look at {{title}}.' }, maxCreditsPerRunMicro: null, maxCreditsPerMonthMicro: null, isEnabled: true, nextRunAt: null };
  return t.house.work.run((tx) => t.worker.get(AutomationStore).create(tx, { ...made, ...fields }));
}
const hourly = (repository: TriggerRepository, nextRunAt: Date) => automation(repository, 'schedule', { trigger: { cron: '0 * * * *', timeZone: 'UTC' }, nextRunAt });
const runs = (id: string) => t.sql<{ occasion: string; status: string; reason: string | null }>('SELECT occasion, status, reason FROM automation_runs WHERE automation_id = $1 ORDER BY created_at', [id]);

describe('a tick', () => {
  it('is run once, however many workers see it, and however many were missed', async () => {
    const repository = await t.repository();
    const missed = new Date(Date.now() - 5 * 3_600_000);
    const { id } = await hourly(repository, missed);
    await Promise.all(Array.from({ length: 5 }, () => t.worker.get(AutomationSweeper).run()));
    expect(await runs(id)).toEqual([{ occasion: `schedule:${missed.toISOString()}`, status: 'started', reason: null }]);
    expect(await t.tasks(repository)).toMatchObject([{ source: 'automation', status: 'queued' }]);
    const [row] = await t.sql<{ nextRunAt: Date }>('SELECT next_run_at AS "nextRunAt" FROM automations WHERE id = $1', [id]);
    expect(row!.nextRunAt.getTime()).toBeGreaterThan(Date.now());
    expect([row!.nextRunAt.getUTCMinutes(), row!.nextRunAt.getUTCSeconds()]).toEqual([0, 0]);
    await t.worker.get(AutomationSweeper).run();
    expect(await runs(id)).toHaveLength(1);
  });

  it('of a disabled rule, or of a time ahead, is not run', async () => {
    const repository = await t.repository();
    const off = await automation(repository, 'schedule', { trigger: { cron: '0 * * * *' }, nextRunAt: new Date(Date.now() - 1_000), isEnabled: false });
    const later = await hourly(repository, new Date(Date.now() + 3_600_000));
    await t.worker.get(AutomationSweeper).run();
    expect([...(await runs(off.id)), ...(await runs(later.id))]).toEqual([]);
  });

  it('that fails moves on to the next, and says why', async () => {
    const repository = await t.repository();
    const { id } = await hourly(repository, new Date(Date.now() - 1_000));
    await t.sql('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', [repository.tenant.organization.id]);
    await t.worker.get(AutomationSweeper).run();
    await t.worker.get(AutomationSweeper).run();
    expect(await runs(id)).toEqual([{ occasion: expect.any(String) as string, status: 'failed', reason: expect.stringContaining('insufficient_credits') as string }]);
  });
});

describe('an event', () => {
  it('starts what wants it in place of what is built in, once for each occasion', async () => {
    const repository = await t.repository();
    const mentions = await automation(repository, 'mention', { template: { prompt: 'Answer {{comment}} on #{{number}}.', mode: 'ask' } });
    await automation(repository, 'mention', { filter: { authors: ['grace'] } });
    await automation(repository, 'mention', { filter: { labels: ['feature'] } });
    const labels = await automation(repository, 'issue_label', { trigger: { label: 'triage' } });
    const { number } = await t.issue(repository);
    const body = { action: 'created', comment: { id: ++ids, body: '@async-coder why?', user: t.account('ada') }, issue: issueOf(number) };
    await t.happened('issue_comment', { repository, by: 'ada' }, body);
    await t.happened('issue_comment', { repository, by: 'ada' }, body);
    await t.happened('issues', { repository, by: 'ada' }, { action: 'labeled', label: { name: 'Triage' }, issue: issueOf(number) });
    await t.again(repository);
    expect(await t.tasks(repository)).toMatchObject([{ source: 'automation', mode: 'ask', prompt: expect.stringMatching(/^Answer \[Comment, below\] on #\d+\.\n.*untrusted.*why\?/s) as string }, { source: 'automation', prompt: expect.stringContaining('Greet politely') as string }]);
    expect([await runs(mentions.id), await runs(labels.id)].map((list) => list.length)).toEqual([1, 1]);
    expect((await t.said(repository)).comments).toHaveLength(2);
  });

  it('by an outsider starts nothing, also one whom the rule lists', async () => {
    const repository = await t.repository();
    const rules = [await automation(repository, 'mention', { filter: { authors: ['mallory', 'dependabot[bot]'] } }), await automation(repository, 'pull_request'), await automation(repository, 'issue_label', { trigger: { label: 'x' } })];
    const { number } = await t.issue(repository);
    const pull = await t.pull(repository, { fork: true, author: 'mallory' });
    const shown = { number: pull.number, title: 'T', state: 'open', draft: false, user: t.account('mallory'), labels: [], head: { ref: 'x', sha: pull.headSha, repo: { id: 1 } }, base: { ref: 'main', sha: pull.headSha, repo: { id: repository.githubId } } };
    for (const by of ['mallory', { login: 'dependabot[bot]', type: 'Bot' as const }]) {
      await t.happened('issue_comment', { repository, by }, { action: 'created', comment: { id: ++ids, body: '@async-coder go', user: t.account(by) }, issue: issueOf(number) });
      await t.happened('pull_request', { repository, by }, { action: 'opened', pull_request: shown });
      await t.happened('issues', { repository, by }, { action: 'labeled', label: { name: 'x' }, issue: issueOf(number) });
    }
    for (const { id } of rules) expect(await runs(id)).toEqual([]);
    expect(await t.tasks(repository)).toEqual([]);
  });

  it('that is a pull request is filtered by branch and by path', async () => {
    const repository = await t.repository();
    const pull = await t.pull(repository);
    const rules = { all: await automation(repository, 'pull_request', { template: { prompt: 'Review {{title}}.', mode: 'pr_review' } }), docs: await automation(repository, 'pull_request', { filter: { paths: ['docs/**'] } }), text: await automation(repository, 'pull_request', { filter: { paths: ['*.txt'], branches: ['topic-*'] } }), other: await automation(repository, 'pull_request', { filter: { branches: ['release/*'] } }) };
    const shown = { number: pull.number, title: 'T', state: 'open', draft: false, user: t.account('ada'), labels: [], head: { ref: pull.branch, sha: pull.headSha, repo: { id: repository.githubId } }, base: { ref: 'main', sha: pull.headSha, repo: { id: repository.githubId } } };
    await t.happened('pull_request', { repository, by: 'ada' }, { action: 'opened', pull_request: shown });
    await t.again(repository);
    expect(await Promise.all(Object.values(rules).map(async ({ id }) => (await runs(id)).map(({ status }) => status)))).toEqual([['started'], [], ['started'], []]);
    expect((await t.tasks(repository)).map(({ mode, branch }) => [mode, branch])).toEqual([['pr_review', `pull/${pull.number}/head`], ['code', 'main']]);
  });

  it('that is a failed check counts on a branch of the repository itself, at the commit where it stands', async () => {
    const repository = await t.repository();
    const { id } = await automation(repository, 'failed_check', { filter: { branches: ['main'] }, template: { prompt: 'Mend {{sha}} on {{branch}}: {{checks}} {{url}}' } });
    const sha = (await t.peer.ref(repository.fullName, 'refs/heads/main'))!;
    const failed = (fields: object) => t.happened('check_suite', { repository, by: { login: 'github-actions[bot]', type: 'Bot' } }, { action: 'completed', repository: { id: repository.githubId, html_url: 'https://ghe.acme.test/acme/x' }, check_suite: { id: ++ids, head_sha: sha, head_branch: 'main', conclusion: 'failure', app: { id: 15_368, name: 'GitHub Actions' }, ...fields } });
    // A fork's branch of that name, another branch, one that passed, our own.
    await failed({ head_sha: 'f'.repeat(40) });
    await failed({ head_branch: null });
    await failed({ head_branch: 'topic' });
    await failed({ conclusion: 'success' });
    await failed({ app: { id: t.peer.appId } });
    expect(await runs(id)).toEqual([]);
    await failed({});
    await failed({});
    expect(await runs(id)).toEqual([{ occasion: `check:${sha}`, status: 'started', reason: null }]);
    expect(await t.tasks(repository)).toMatchObject([{ branch: 'main', target: 'main', prompt: expect.stringMatching(new RegExp(`Mend ${sha} on \\[Branch, below\\].*https://ghe\\.acme\\.test/acme/x/commit/${sha}`, 's')) as string }]);
  });
});

it('keeps a run as it was when its occasion comes again', async () => {
  const repository = await t.repository();
  const rule = await automation(repository, 'api');
  const occasion = { name: 'api:1', facts: { event: 'api', repository: repository.fullName, date: '2026-11-23' } };
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => t.worker.get(AutomationRuns).start(rule, occasion)));
  expect(outcomes.filter((outcome) => outcome?.isNew)).toHaveLength(1);
  expect(new Set(outcomes.map((outcome) => outcome?.run.taskId)).size).toBe(1);
  expect(await t.tasks(repository)).toHaveLength(1);
});

it('forgets runs and watches of long ago, and no others', async () => {
  const repository = await t.repository();
  const rule = await automation(repository, 'api');
  const { taskId, headSha, number } = await t.ownPull(repository);
  for (const [name, age] of [['api:old', '91 days'], ['api:new', '89 days']] as const) {
    await t.worker.get(AutomationRuns).start(rule, { name, facts: { event: 'api', repository: repository.fullName, date: '2026-11-23' } });
    await t.sql(`UPDATE automation_runs SET created_at = now() - $2::interval WHERE occasion = $1`, [name, age]);
  }
  await t.house.work.run((tx) => t.worker.get(CheckWatchStore).touch(tx, { repositoryId: repository.id, taskId, prNumber: number, headSha }, { opens: true, quietSeconds: 600 }));
  const watches = () => t.sql('SELECT 1 FROM check_watches WHERE task_id = $1', [taskId]);
  await t.sql(`UPDATE check_watches SET due_at = now() - interval '91 days' WHERE task_id = $1`, [taskId]);
  await t.worker.get(TriggerRetentionSweeper).run();
  expect([(await runs(rule.id)).map(({ occasion }) => occasion), (await watches()).length]).toEqual([['api:new'], 1]);
  await t.sql(`UPDATE check_watches SET status = 'idle' WHERE task_id = $1`, [taskId]);
  await t.worker.get(TriggerRetentionSweeper).run();
  expect(await watches()).toEqual([]);
});
