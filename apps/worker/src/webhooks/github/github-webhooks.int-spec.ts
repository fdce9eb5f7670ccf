import { aTenant, type Tenant, WebhookHouse } from '@app/domain/testing';
import { GithubInbox } from '../testing/github-inbox';

const SHA = (letter: string): string => letter.repeat(40);
const ADA = { id: 501, login: 'ada', type: 'User' };

let inbox: GithubInbox;
let tenant: Tenant;
let made = 0;
let githubId: number;
let installationId: number;
let repositoryId: string;
beforeAll(async () => {
  inbox = await GithubInbox.open();
  tenant = await aTenant(inbox.database.dataSource, { plan: { maxConcurrentTasks: null } });
}, 60_000);
beforeEach(async () => {
  made += 1;
  [githubId, installationId] = [7_000 + made, 9_000 + made];
  repositoryId = await inbox.connect(tenant, { id: githubId, fullName: `acme/shop-${made}`, installationId });
  inbox.news.splice(0);
});
afterAll(() => inbox.close());

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().replace('.000Z', 'Z');
const installation = (more: object = {}) => ({ id: installationId, app_id: 1, account: { id: 77, login: 'acme', type: 'Organization' }, repository_selection: 'selected', permissions: { contents: 'write' }, events: ['push'], suspended_at: null, updated_at: at(1), ...more });
const repo = (more: object = {}) => ({ id: githubId, name: `shop-${made}`, full_name: `acme/shop-${made}`, html_url: `https://github.com/acme/shop-${made}`, clone_url: `https://github.com/acme/shop-${made}.git`, private: true, default_branch: 'main', updated_at: at(1), ...more });
const pull = (more: object = {}) => ({
  id: 100 + made, node_id: 'PR_1', number: 7, title: 'A change', body: null, html_url: 'https://github.com/p/7', state: 'open', draft: false, user: ADA, head: { ref: 'work', sha: SHA('a') }, base: { ref: 'main', sha: SHA('b') },
  created_at: at(0), updated_at: at(1), merged_at: null, closed_at: null, ...more });
const about = (event: string, payload: object) => inbox.happened(event, { repository: repo(), sender: ADA, installation: { id: installationId }, ...payload });
const stored = async () => (await inbox.sql<Record<string, unknown>>('SELECT * FROM repositories WHERE id = $1', [repositoryId]))[0]!;
const taskRow = async (id: string) => (await inbox.sql<{ status: string; status_reason: string | null }>('SELECT status, status_reason FROM tasks WHERE id = $1', [id]))[0];
const events = async (taskId: string) => (await inbox.sql<{ data: { kind: string; text: string } }>(`SELECT data FROM task_events WHERE task_id = $1 AND type = 'github' ORDER BY seq`, [taskId])).map(({ data }) => data);

describe('an installation', () => {
  it('that is suspended, let go on and deleted takes its repositories along, and ends what waits for them', async () => {
    const waiting = await inbox.house.newTask(tenant, { repositoryId });
    const running = await inbox.house.runningTask(tenant, { repositoryId });
    expect(await inbox.happened('installation', { action: 'suspend', installation: installation({ suspended_at: at(2), updated_at: at(2) }) })).toMatchObject({ status: 'processed' });
    expect([(await stored())['status'], await taskRow(waiting.taskId), (await taskRow(running.taskId))?.status]).toEqual(['suspended', { status: 'failed', status_reason: 'integration_not_connected' }, 'in_progress']);
    expect(inbox.news).toEqual([waiting.taskId]);
    await inbox.happened('installation', { action: 'unsuspend', installation: installation({ updated_at: at(3) }) });
    expect((await stored())['status']).toBe('active');
    // Came late: it was let go on since.
    await inbox.happened('installation', { action: 'suspend', installation: installation({ suspended_at: at(2), updated_at: at(2), events: [] }) });
    expect((await stored())['status']).toBe('active');
    await inbox.happened('installation', { action: 'deleted', installation: installation({ updated_at: at(3) }) });
    await inbox.happened('installation', { action: 'created', installation: installation({ updated_at: at(0) }) });
    expect((await stored())['status']).toBe('unavailable');
  });

  it('of nobody here is kept, and belongs to nobody', async () => {
    const unknown = installation({ id: 660_000 + made });
    expect(await inbox.happened('installation', { action: 'created', installation: unknown })).toMatchObject({ status: 'processed' });
    expect(await inbox.sql('SELECT organization_id, account_login FROM github_installations WHERE installation_id = $1', [unknown.id])).toEqual([{ organization_id: null, account_login: 'acme' }]);
    expect(await inbox.happened('installation', { action: 'created', installation: { id: 'x' } })).toMatchObject({ status: 'ignored', lastError: 'the installation cannot be read' });
  });

  it('gains and loses repositories, and asks GitHub what is true', async () => {
    const lists = (added: number[], removed: number[]) => ({ repositories_added: added.map((id) => ({ id })), repositories_removed: removed.map((id) => ({ id })) });
    await inbox.happened('installation_repositories', { action: 'removed', installation: installation(), ...lists([], [githubId]) });
    expect((await stored())['status']).toBe('unavailable');
    await inbox.happened('installation_repositories', { action: 'added', installation: installation(), ...lists([githubId], []) });
    expect((await stored())['status']).toBe('active');
    expect(await inbox.sql('SELECT sync_requested_at IS NOT NULL AS asked FROM github_installations WHERE installation_id = $1', [installationId])).toEqual([{ asked: true }]);
  });

  it('takes the new name of its account, and so do its repositories', async () => {
    await inbox.happened('installation_target', { action: 'renamed', target_type: 'Organization', account: { id: 77, login: 'Acme-Corp' }, changes: { login: { from: 'acme' } } });
    expect(await stored()).toMatchObject({ full_name: `Acme-Corp/shop-${made}`, clone_url: `https://github.com/Acme-Corp/shop-${made}.git` });
  });
});

describe('a repository', () => {
  it('is renamed, archived, made public: by its id, and never back by late news', async () => {
    const renamed = repo({ name: 'store', full_name: 'acme/store', html_url: 'https://github.com/acme/store', clone_url: 'https://github.com/acme/store.git', updated_at: at(5) });
    expect(await about('repository', { action: 'renamed', repository: renamed })).toMatchObject({ status: 'processed' });
    await about('repository', { action: 'archived', repository: { ...renamed, archived: true, updated_at: at(6) } });
    await about('repository', { action: 'edited', repository: repo({ description: 'old', updated_at: at(4) }) });
    expect(await stored()).toMatchObject({ full_name: 'acme/store', clone_url: 'https://github.com/acme/store.git', is_archived: true, description: null });
    await about('repository', { action: 'publicized', repository: { ...renamed, private: false, archived: true, updated_at: at(7) } });
    expect(await stored()).toMatchObject({ is_private: false, status: 'active' });
  });

  it('that is transferred takes its new address, and GitHub is asked about it on both sides and about people', async () => {
    const others = 9_500 + made;
    await inbox.connect(tenant, { id: 7_500 + made, fullName: `newco/other-${made}`, installationId: others });
    await inbox.sql(`UPDATE github_installations SET sync_requested_at = '2026-01-01', synced_at = '2026-01-02'`);
    await inbox.sql(`INSERT INTO user_repository_access (id, user_id, repository_id, access_level) VALUES (gen_random_uuid(), $1, $2, 'admin')`, [tenant.user.id, repositoryId]);
    const moved = repo({ full_name: `newco/shop-${made}`, html_url: `https://github.com/newco/shop-${made}`, clone_url: `https://github.com/newco/shop-${made}.git`, updated_at: at(5) });
    expect(await about('repository', { action: 'transferred', changes: { owner: { from: { organization: { login: 'acme' } } } }, repository: moved, installation: { id: others } })).toMatchObject({ status: 'processed' });
    expect(await stored()).toMatchObject({ full_name: `newco/shop-${made}`, clone_url: `https://github.com/newco/shop-${made}.git` });
    expect(await inbox.sql('SELECT installation_id::int AS id FROM github_installations WHERE sync_requested_at > synced_at ORDER BY 1')).toEqual([{ id: installationId }, { id: others }]);
    expect(await inbox.sql(`SELECT verified_at < now() - interval '1 day' AS stale FROM user_repository_access WHERE repository_id = $1`, [repositoryId])).toEqual([{ stale: true }]);
  });

  it('keeps a default branch that its organization chose, and follows GitHub’s otherwise', async () => {
    await about('repository', { action: 'edited', changes: { default_branch: { from: 'main' } }, repository: repo({ default_branch: 'trunk', updated_at: at(2) }) });
    expect(await stored()).toMatchObject({ default_branch: 'trunk' });
    await about('repository', { action: 'edited', changes: { default_branch: { from: 'main' } }, repository: repo({ default_branch: 'next', updated_at: at(3) }) });
    expect(await stored()).toMatchObject({ default_branch: 'trunk' });
  });

  it('that is deleted ends what waits for it, and stays gone', async () => {
    const waiting = await inbox.house.newTask(tenant, { repositoryId });
    await about('repository', { action: 'deleted' });
    await about('repository', { action: 'edited', repository: repo({ updated_at: at(9) }) });
    expect([(await stored())['status'], (await taskRow(waiting.taskId))?.status]).toEqual(['unavailable', 'failed']);
  });

  it('that nobody connected changes nothing', async () => {
    for (const event of ['repository', 'push', 'pull_request', 'status', 'issue_comment']) {
      expect(await inbox.happened(event, { action: 'edited', repository: { ...repo(), id: 4_242_424 }, pull_request: pull(), issue: { number: 1, pull_request: {} }, comment: { id: 1, body: '', created_at: at(1) }, sha: SHA('a'), id: 1, context: 'x', state: 'success', updated_at: at(1), event })).toMatchObject({ status: 'ignored' });
    }
  });
});

describe('a branch of a task', () => {
  const push = (taskId: string, after: string, before = SHA('1'), deleted = false) => about('push', { ref: `refs/heads/async-coder/${taskId}`, before, after, deleted, repository: repo({ pushed_at: 1_767_225_600 + made }) });

  it('that others push to or delete is said in its history, once; its own pushes are not', async () => {
    const task = await inbox.house.runningTask(tenant, { repositoryId });
    await inbox.sql(`INSERT INTO task_effects (id, task_id, kind, effect_key, status, intent) VALUES (gen_random_uuid(), $1, 'push', $2, 'intended', '{}')`, [task.taskId, `push-${task.taskId}-${SHA('c')}`]);
    await push(task.taskId, SHA('c'));
    expect(await events(task.taskId)).toEqual([]);
    await push(task.taskId, SHA('d'), SHA('c'));
    const id = (await inbox.sql<{ id: string }>('SELECT id FROM webhook_deliveries ORDER BY id DESC LIMIT 1'))[0]!.id;
    await inbox.again(id);
    await push(task.taskId, SHA('0'), SHA('d'), true);
    expect(await events(task.taskId)).toEqual([
      { kind: 'pushed', text: `ada pushed to the branch async-coder/${task.taskId}: it is now at dddddddddddd.`, login: 'ada', branch: `async-coder/${task.taskId}`, headSha: SHA('d') },
      { kind: 'branch_deleted', text: `ada deleted the branch async-coder/${task.taskId}.`, login: 'ada', branch: `async-coder/${task.taskId}` },
    ]);
    expect(inbox.news).toEqual([task.taskId, task.taskId]);
    expect((await stored())['last_pushed_at']).toEqual(new Date((1_767_225_600 + made) * 1_000));
  });
});

describe('a pull request', () => {
  const row = async () => (await inbox.sql<Record<string, unknown> & { id: string }>('SELECT * FROM pull_requests WHERE repository_id = $1', [repositoryId]))[0]!;
  const change = (action: string, more: object) => about('pull_request', { action, number: 7, pull_request: pull(more) });

  it('that is merged is told to its task, its figures and whoever listens, once', async () => {
    const { endpoint } = await new WebhookHouse(inbox.database.dataSource).newEndpoint(tenant, ['*']);
    const { taskId } = await inbox.house.newTask(tenant, { repositoryId });
    await inbox.sql('INSERT INTO task_analytics (id, task_id, succeeded) VALUES (gen_random_uuid(), $1, true)', [taskId]);
    await change('opened', {});
    await inbox.sql(`UPDATE pull_requests SET task_id = $1, origin = 'agent' WHERE repository_id = $2`, [taskId, repositoryId]);
    const merged = { state: 'closed', merged_at: at(5), closed_at: at(5), updated_at: at(5), merge_commit_sha: SHA('e'), merged_by: { login: 'bob' }, additions: 3 };
    await change('closed', merged);
    await change('synchronize', { updated_at: at(4), head: { ref: 'work', sha: SHA('f') } });
    expect(await row()).toMatchObject({ status: 'merged', merge_commit_sha: SHA('e'), merged_by_login: 'bob', head_sha: SHA('a'), additions: 3 });
    expect(await events(taskId)).toMatchObject([{ kind: 'pull_request', text: 'Pull request #7 was merged by bob.', status: 'merged', number: 7 }]);
    expect(await inbox.sql('SELECT pull_request_merged FROM task_analytics WHERE task_id = $1', [taskId])).toEqual([{ pull_request_merged: true }]);
    const sent = (await new WebhookHouse(inbox.database.dataSource).sentTo(endpoint.id)).map(({ eventType }) => eventType).filter((type) => type.includes('pull_request'));
    expect(sent).toEqual(['task.pull_request.merged']);
    expect(inbox.news).toEqual([taskId]);
  });

  it('is talked about: an edit outlives the creation that comes late, what is deleted stays so', async () => {
    const comment = (more: object = {}) => ({ id: 900 + made, body: 'First', user: ADA, html_url: 'https://github.com/c', created_at: at(2), updated_at: at(2), ...more });
    const said = (action: string, more: object = {}) => about('issue_comment', { action, issue: { number: 7, pull_request: {} }, comment: comment(more) });
    expect(await said('created')).toMatchObject({ status: 'ignored' });
    await change('opened', {});
    await said('edited', { body: 'Second' });
    await inbox.sql(`DELETE FROM webhook_deliveries WHERE event_type = 'issue_comment'`);
    await said('created');
    const comments = () => inbox.sql('SELECT c.body, c.author_login, c.deleted_at IS NOT NULL AS gone FROM pull_request_comments c JOIN pull_requests p ON p.id = c.pull_request_id WHERE p.repository_id = $1', [repositoryId]);
    expect(await comments()).toEqual([{ body: 'Second', author_login: 'ada', gone: false }]);
    await said('deleted', { body: 'Second' });
    await said('edited', { body: 'Third', updated_at: at(8) });
    expect(await comments()).toMatchObject([{ gone: true }]);
    expect(await about('issue_comment', { action: 'created', issue: { number: 8 }, comment: comment() })).toMatchObject({ status: 'ignored', lastError: 'this is not about a pull request' });
  });

  it('is reviewed, and a thread that a person settles closes its remark', async () => {
    const line = { id: 800 + made, pull_request_review_id: 700 + made, path: 'a.ts', line: 3, side: 'RIGHT', original_line: 3, body: 'Why?', user: ADA, commit_id: SHA('a'), diff_hunk: '@@', created_at: at(2), updated_at: at(2) };
    await about('pull_request_review_comment', { action: 'created', pull_request: pull(), comment: line });
    await about('pull_request_review', { action: 'submitted', pull_request: pull(), review: { id: 700 + made, state: 'changes_requested', body: 'No', user: ADA, commit_id: SHA('a'), submitted_at: at(2) } });
    const { taskId } = await inbox.house.newTask(tenant, { repositoryId });
    await inbox.sql(
      `INSERT INTO review_findings (id, organization_id, repository_id, pull_request_id, task_id, fingerprint, severity, confidence, category, title, body, file, first_seen_sha, last_confirmed_sha, github_comment_id)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, 'high', 'high', 'bug', 'A bug', 'x', 'a.ts', $6, $6, $7)`,
      [tenant.organization.id, repositoryId, (await row()).id, taskId, String(made).padStart(64, '0'), SHA('a'), line.id]);
    const settle = (action: string, sender: object) => about('pull_request_review_thread', { action, pull_request: pull(), thread: { node_id: `PRRT_${made}`, comments: [line] }, sender, n: Math.random() });
    const finding = async () => (await inbox.sql<{ status: string }>('SELECT status FROM review_findings WHERE repository_id = $1', [repositoryId]))[0]?.status;
    await settle('resolved', { ...ADA, type: 'Bot' });
    expect(await finding()).toBe('open');
    await settle('resolved', ADA);
    expect(await finding()).toBe('resolved');
    expect(await inbox.sql(`SELECT c.is_resolved, c.line, v.state FROM pull_request_comments c JOIN pull_request_reviews v ON v.id = c.review_id JOIN pull_requests p ON p.id = c.pull_request_id WHERE p.repository_id = $1`, [repositoryId]))
      .toEqual([{ is_resolved: true, line: 3, state: 'changes_requested' }]);
    await settle('unresolved', ADA);
    expect(await finding()).toBe('open');
  });

  it('has checks: the newest word counts, whatever comes first', async () => {
    const run = (more: object) => about('check_run', { action: 'x', check_run: { id: 600, name: 'build', head_sha: SHA('a'), status: 'queued', conclusion: null, started_at: at(1), completed_at: null, app: { id: 5 }, ...more } });
    await run({ status: 'completed', conclusion: 'failure', completed_at: at(4) });
    await run({ status: 'in_progress' });
    for (const [id, state] of [[1, 'pending'], [3, 'success'], [2, 'failure']] as const) await about('status', { id, sha: SHA('a'), context: 'ci', state, created_at: at(id), updated_at: at(id) });
    await about('workflow_run', { action: 'completed', workflow_run: { id: 50, name: 'Deploy', head_sha: SHA('a'), head_branch: 'work', status: 'completed', conclusion: 'action_required', created_at: at(1), updated_at: at(2) } });
    expect(await inbox.sql('SELECT kind, name, state, conclusion FROM commit_checks WHERE repository_id = $1 ORDER BY kind', [repositoryId])).toEqual([
      { kind: 'check_run', name: 'build', state: 'failed', conclusion: 'failure' }, { kind: 'status', name: 'ci', state: 'passed', conclusion: 'success' },
      { kind: 'workflow_run', name: 'Deploy', state: 'waiting', conclusion: 'action_required' },
    ]);
  });
});

describe('people', () => {
  it('who lose a right are asked about again, and those who take ours back lose their tokens here', async () => {
    await inbox.sql('INSERT INTO github_connections (user_id, github_user_id, login, access_token_enc) VALUES ($1, 501, $2, $3)', [tenant.user.id, 'ada', Buffer.from('x')]);
    await inbox.sql(`INSERT INTO user_repository_access (id, user_id, repository_id, access_level) VALUES (gen_random_uuid(), $1, $2, 'admin')`, [tenant.user.id, repositoryId]);
    const isFresh = async () => (await inbox.sql<{ fresh: boolean }>(`SELECT verified_at > now() - interval '1 min' AS fresh FROM user_repository_access WHERE repository_id = $1`, [repositoryId]))[0]?.fresh;
    expect(await about('member', { action: 'removed', member: { ...ADA, id: 999 } })).toMatchObject({ status: 'ignored' });
    expect(await isFresh()).toBe(true);
    expect(await about('member', { action: 'removed', member: ADA })).toMatchObject({ status: 'processed' });
    expect(await isFresh()).toBe(false);
    for (const [event, payload] of [['membership', { action: 'removed', scope: 'team', member: ADA }], ['organization', { action: 'member_removed', membership: { user: ADA } }], ['team', { action: 'removed_from_repository' }]] as const) {
      await inbox.sql('UPDATE user_repository_access SET verified_at = now()');
      await about(event, payload);
      expect([event, await isFresh()]).toEqual([event, false]);
    }
    expect(await inbox.happened('github_app_authorization', { action: 'revoked', sender: ADA })).toMatchObject({ status: 'processed' });
    expect(await inbox.sql('SELECT status, access_token_enc FROM github_connections WHERE user_id = $1', [tenant.user.id])).toEqual([{ status: 'revoked', access_token_enc: null }]);
    expect(await inbox.sql(`SELECT actor_type, actor_id FROM audit_logs WHERE action = 'github_connection.revoked'`)).toEqual([{ actor_type: 'webhook', actor_id: 'github' }]);
  });
});

it('takes what nobody listens to, and what is no event, for nothing', async () => {
  expect(await inbox.happened('ping', { zen: 'Design for failure.', hook_id: 1 })).toMatchObject({ status: 'ignored' });
  for (const event of ['installation', 'repository', 'push', 'pull_request', 'pull_request_review', 'issue_comment', 'check_run', 'status', 'member', 'organization', 'github_app_authorization', 'installation_target']) {
    for (const payload of [{ n: event }, { n: event, repository: 'x', pull_request: [], installation: null, action: 7 }, { n: event, repository: { id: githubId }, pull_request: { id: -1, number: 1e9 }, review: {}, comment: {}, check_run: { id: 1.5 } }]) {
      expect((await inbox.happened(event, payload)).status).toMatch(/ignored|processed/);
    }
  }
});
