import { inflateRawSync } from 'node:zlib';
import { newId } from '@app/common';
import { ReviewFinding } from '@app/domain';
import { aGitRepo, aPullRequest, insert, TaskHouse } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

const LINES = 1_203;
const BINARY = Buffer.from([0, 255, 254, 1, 2, 200]);

let api: TestApi;
let ada: SignedIn;
let eve: SignedIn;
let taskId: string;
beforeAll(async () => {
  api = await TestApi.start();
  [ada, eve] = [await api.signUp(), await api.signUp()];
  taskId = await aFullTask();
});
afterAll(() => api.close());

const path = () => `/api/v1/tasks/${taskId}/export`;

async function aFullTask(): Promise<string> {
  const db = api.database.dataSource;
  const organizationId = ada.organizationId;
  const repo = await aGitRepo(db, { organizationId });
  const { id } = (await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Fix "it", – ü', repositoryId: repo.id })).body as { id: string };
  await api.send('post', `/api/v1/tasks/${id}/messages`, ada).send({ content: 'Use tabs' });
  const house = new TaskHouse(db);
  const [{ id: attemptId }] = await db.query<[{ id: string }]>('SELECT id FROM task_attempts WHERE task_id = $1', [id]);
  const result = (type: 'patch' | 'report', content: Buffer, mediaType: string) => ({ organizationId, taskId: id, attemptId, type, title: 'T', mediaType, content });
  await house.work.run(async (tx) => {
    await house.logs.append(tx, id, attemptId, Array.from({ length: LINES }, (_, n) => ({ level: 'info' as const, source: 'tool' as const, message: `line ${n}` })));
    await house.results.put(tx, result('patch', Buffer.from('diff --git a/ü b/ü\n'), 'text/x-patch'));
    await house.results.put(tx, result('report', BINARY, 'application/octet-stream'));
  });
  const { id: pullRequestId } = await aPullRequest(db, { repositoryId: repo.id, taskId: id });
  await insert(db, ReviewFinding, {
    id: newId(), organizationId, repositoryId: repo.id, pullRequestId, taskId: id, fingerprint: 'f'.repeat(64), severity: 'high', confidence: 'high', category: 'bug', title: 'Wrong', body: 'It is.', file: 'a.js',
    side: 'RIGHT', endLine: 3, firstSeenSha: 'a'.repeat(40), lastConfirmedSha: 'a'.repeat(40),
  });
  return id;
}

/** Files of an archive, by its central directory. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('504b0506', 'hex'));
  const files = new Map<string, Buffer>();
  for (let at = archive.readUInt32LE(end + 16), left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, nameLength, extra, comment, offset] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32), archive.readUInt32LE(at + 42)];
    const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
    const bytes = archive.subarray(start, start + size);
    files.set(archive.toString('utf8', at + 46, at + 46 + nameLength), method === 8 ? inflateRawSync(bytes) : bytes);
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

const json = (files: Map<string, Buffer>, name: string): unknown => JSON.parse(files.get(name)?.toString() ?? 'null');
const rows = (files: Map<string, Buffer>, name: string): Record<string, unknown>[] => (files.get(name)?.toString() ?? '').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);

describe('GET /tasks/{id}/export', () => {
  it('is an archive with everything, each result a file', async () => {
    const answer = await api.send('get', path(), ada).buffer(true).responseType('blob');
    expect([answer.status, answer.headers['content-type'], answer.headers['content-disposition']]).toEqual([200, 'application/zip', `attachment; filename="task-${taskId}.zip"`]);
    const files = unzip(answer.body as Buffer);
    expect([...files.keys()]).toEqual([
      'task.json', 'attempts.json', 'messages.ndjson', 'events.ndjson', 'logs.ndjson', 'findings.json', 'usage.json', 'plan.json', 'candidates.json', 'pull-request.json', 'results.json', 'results/001-patch.patch',
      'results/002-report.bin',
    ]);
    expect(json(files, 'task.json')).toMatchObject({ id: taskId, prompt: 'Fix "it", – ü' });
    expect(json(files, 'attempts.json')).toMatchObject([{ number: 1 }]);
    expect(json(files, 'pull-request.json')).toMatchObject({ taskId, status: 'open' });
    expect([json(files, 'usage.json'), json(files, 'plan.json'), json(files, 'candidates.json')]).toMatchObject([{ totals: { calls: 0 }, calls: [] }, null, []]);
    expect(rows(files, 'messages.ndjson')).toMatchObject([{ content: 'Use tabs' }]);
    expect(json(files, 'findings.json')).toMatchObject([{ taskId, severity: 'high', title: 'Wrong', endLine: 3 }]);
    expect(rows(files, 'logs.ndjson').map(({ message }) => message)).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n}`));
    expect(rows(files, 'events.ndjson').map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(json(files, 'results.json')).toMatchObject([{ type: 'patch', path: 'results/001-patch.patch' }, { type: 'report', path: 'results/002-report.bin' }]);
    expect(files.get('results/001-patch.patch')?.toString()).toBe('diff --git a/ü b/ü\n');
    expect(files.get('results/002-report.bin')).toEqual(BINARY);
  });

  it('is one JSON object for who asks for JSON', async () => {
    const answer = await api.send('get', path(), ada).set('Accept', 'application/json');
    expect([answer.status, answer.headers['content-disposition']]).toEqual([200, `attachment; filename="task-${taskId}.json"`]);
    const whole = answer.body as Record<string, Record<string, unknown>[]>;
    expect(Object.keys(whole)).toEqual(['task', 'attempts', 'messages', 'events', 'logs', 'findings', 'usage', 'plan', 'candidates', 'pullRequest', 'results']);
    expect([whole['logs']?.length, whole['events']?.length]).toEqual([LINES, 4]);
    expect(whole['results']).toMatchObject([{ type: 'patch', encoding: 'utf8', content: 'diff --git a/ü b/ü\n' }, { type: 'report', encoding: 'base64', content: BINARY.toString('base64') }]);
  });

  it('is refused to strangers and in other formats; HEAD sends no body', async () => {
    expect((await api.send('get', path(), eve)).status).toBe(404);
    expect(await api.send('get', path(), ada).set('Accept', 'text/html')).toMatchObject({ status: 406, body: { code: 'not_acceptable' } });
    const head = await fetch(api.url + path(), { method: 'HEAD', headers: { authorization: `Bearer ${ada.accessToken}` } });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'application/zip', '']);
  });

  it('breaks off without harm when its reader goes, or when a result cannot be read', async () => {
    const stop = new AbortController();
    const answer = await fetch(api.url + path(), { headers: { authorization: `Bearer ${ada.accessToken}` }, signal: stop.signal });
    stop.abort();
    await expect(answer.arrayBuffer()).rejects.toThrow('abort');
    await api.database.dataSource.query(`ALTER TABLE task_results RENAME COLUMN content TO moved`);
    await expect(fetch(api.url + path(), { headers: { authorization: `Bearer ${ada.accessToken}` } }).then((broken) => broken.arrayBuffer())).rejects.toThrow();
    await api.database.dataSource.query(`ALTER TABLE task_results RENAME COLUMN moved TO content`);
    expect((await api.send('get', path(), ada).set('Accept', 'application/json')).status).toBe(200);
  });
});
