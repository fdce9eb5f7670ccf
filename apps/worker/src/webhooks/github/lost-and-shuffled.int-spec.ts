import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Clock, SystemClock } from '@app/common';
import { aTenant } from '@app/domain/testing';
import { GithubApp, isSignedByGithub } from '@app/github';
import { type GithubPeer, type PeerRepository, startGithubPeer } from '../../../../../test/support/github-peer';
import { GithubInbox } from '../testing/github-inbox';
import { LostDeliveries } from './lost-deliveries';

/** Later than it is: GitHub's newest deliveries are not on their way any more. */
class LaterClock extends SystemClock {
  override now(): Date {
    return new Date(super.now().getTime() + 30 * 60_000);
  }
}

let peer: GithubPeer;
let repository: PeerRepository;
let whole: GithubInbox;
let patchy: GithubInbox;
let receiver: Server;
const arrived: string[] = [];

beforeAll(async () => {
  peer = await startGithubPeer();
  repository = await peer.addRepository({ owner: 'acme', name: 'shop', private: true, files: { 'README.md': '# Shop\n', 'a.txt': 'one\ntwo\nthree\n' } });
  const settings = { GITHUB_PACED: 'false', GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey, GITHUB_WEBHOOK_SECRET: peer.webhookSecret };
  [whole, patchy] = await Promise.all([0, 1].map(() => GithubInbox.open({ settings, providers: [LostDeliveries] }))) as [GithubInbox, GithubInbox];
  Object.assign(patchy.worker.get(LostDeliveries), { clock: new LaterClock() satisfies Clock });
  for (const inbox of [whole, patchy]) await inbox.connect(await aTenant(inbox.database.dataSource), { id: repository.id, fullName: 'acme/shop', installationId: peer.installationId });
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const [payload, header] = [Buffer.concat(chunks), (name: string): string => String(request.headers[name])];
      if (!isSignedByGithub(payload, header('x-hub-signature-256'), [peer.webhookSecret])) return void response.writeHead(401).end();
      void patchy.receive({ event: header('x-github-event'), guid: header('x-github-delivery'), payload }).then((id) => {
        if (id !== null) arrived.push(id);
        response.writeHead(id === null ? 200 : 202).end();
      });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  peer.setWebhookUrl(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
}, 120_000);
afterAll(async () => {
  receiver.close();
  await Promise.all([whole.close(), patchy.close()]);
  await peer.stop();
});

async function control<Body>(path: string, body: object): Promise<Body> {
  const answer = await fetch(`${peer.url}/__peer/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (answer.status !== 200) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as Body;
}

/** A week in the life of a repository. Each step is seconds after the one before. */
async function history(): Promise<void> {
  const permissions = { contents: 'write', pull_requests: 'write', issues: 'write', checks: 'write' } as const;
  const { token } = await whole.worker.get(GithubApp).tokenForInstallation(String(peer.installationId), permissions);
  const call = async <Body extends object>(method: string, path: string, body: object): Promise<Body> => {
    peer.advanceClock(2_000);
    const answer = await fetch(`${peer.apiUrl}/repos/acme/shop/${path}`, { method, body: JSON.stringify(body), headers: { authorization: `Bearer ${token.use((text) => text)}`, 'user-agent': 'test' } });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  };
  const commit = async (branch: string, text: string): Promise<string> => {
    peer.advanceClock(2_000);
    return (await control<{ sha: string }>('commits', { repository: 'acme/shop', branch, files: { 'a.txt': `one\n${text}\nthree\n` } })).sha;
  };
  for (const branch of ['one', 'two', 'three']) {
    const first = await commit(branch, `now ${branch}`);
    const { number } = await call<{ number: number }>('POST', 'pulls', { title: `Change ${branch}`, head: branch, base: 'main', body: 'First' });
    const remark = await call<{ id: number }>('POST', `issues/${number}/comments`, { body: 'Nice' });
    const run = await call<{ id: number }>('POST', 'check-runs', { name: 'build', head_sha: first });
    await call('POST', `pulls/${number}/reviews`, { event: 'COMMENT', body: 'Look', comments: [{ path: 'a.txt', line: 2, side: 'RIGHT', body: 'Why?' }] });
    await call('PATCH', `check-runs/${run.id}`, { status: 'in_progress' });
    await commit(branch, `${branch} again`);
    await call('PATCH', `issues/comments/${remark.id}`, { body: 'Nicer' });
    await call('PATCH', `pulls/${number}`, { title: `Better ${branch}` });
    await call('PATCH', `check-runs/${run.id}`, { conclusion: branch === 'one' ? 'failure' : 'success' });
    if (branch === 'two') await call('PATCH', `pulls/${number}`, { state: 'closed' });
    if (branch === 'three') await call('PUT', `pulls/${number}/merge`, {});
    if (branch === 'one') for (const state of ['closed', 'open']) await call('PATCH', `pulls/${number}`, { state });
  }
}

/** What the rows say, without what is each database's own. */
async function told(inbox: GithubInbox): Promise<Record<string, unknown>> {
  const own = `- 'id' - 'repository_id' - 'pull_request_id' - 'review_id' - 'organization_id' - 'connected_by_user_id' - 'installation_id' - 'row_version' - 'updated_at'`;
  const rows = (table: string, key: string, without = `- 'created_at'`) => inbox.sql(`SELECT to_jsonb(t) ${own} ${without} AS row FROM ${table} t ORDER BY ${key}`);
  return {
    repositories: await rows('repositories', 'github_id'), pulls: await rows('pull_requests', 'pr_number'), reviews: await rows('pull_request_reviews', 'github_review_id'),
    comments: await rows('pull_request_comments', 'kind, github_comment_id', ''), checks: await rows('commit_checks', 'kind, check_key'),
    linked: await inbox.sql(`SELECT c.github_comment_id, v.github_review_id FROM pull_request_comments c JOIN pull_request_reviews v ON v.id = c.review_id ORDER BY 1`),
  };
}

async function workThrough(inbox: GithubInbox, ids: string[]): Promise<void> {
  for (const id of ids) expect(await inbox.work(id)).toMatchObject({ status: 'processed', attempts: 1 });
}

it('three in ten deliveries lost, the rest shuffled and some doubled: after one sweep all is as if each had come once, in order', async () => {
  peer.troubleWebhooks({ isHeld: true });
  await history();
  const sent = await peer.deliveries();
  expect(sent.length).toBeGreaterThan(40);
  for (const { event, guid, text } of sent) await whole.receive({ event, guid, payload: Buffer.from(text) });
  const inOrder = (await whole.sql<{ id: string }>('SELECT id FROM webhook_deliveries ORDER BY id')).map(({ id }) => id);
  expect(inOrder).toHaveLength(sent.length);
  await workThrough(whole, inOrder);

  peer.troubleWebhooks({ dropped: 0.3, doubled: 0.2 });
  peer.releaseWebhooks({ isShuffled: true });
  await peer.deliveries();
  const lost = sent.length - arrived.length;
  expect(lost).toBeGreaterThan(0);
  await workThrough(patchy, arrived.splice(0));

  const search = patchy.worker.get(LostDeliveries);
  let asked = 0;
  for (let round = await search.search(); round > 0; round = await search.search()) asked += round;
  await peer.deliveries();
  expect([asked, arrived.length]).toEqual([lost, lost]);
  await workThrough(patchy, arrived.splice(0).reverse());

  const expected = await told(whole);
  expect(await told(patchy)).toEqual(expected);
  expect(expected['pulls']).toMatchObject([{ row: { status: 'open', title: 'Better one' } }, { row: { status: 'closed' } }, { row: { status: 'merged' } }]);
  expect([expected['reviews'], expected['checks'], expected['linked']].map((rows) => (rows as unknown[]).length)).toEqual([3, 3, 3]);

  // Nothing is missing any more: the next pass asks for nothing, and what is redelivered all the same changes nothing.
  await patchy.sql(`UPDATE webhook_sweeps SET swept_at = now() - interval '11 min'`);
  expect(await search.search()).toBe(0);
  expect(peer.violations()).toEqual([]);
}, 240_000);
