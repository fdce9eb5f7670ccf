import { Client } from 'pg';
import { S3Peer } from '../peers/s3/s3-peer';
import { ApiClient } from '../support/api-client';
import { teach } from '../support/peer-script';
import { RunningQuickstart } from '../support/quickstart';
import { WorkerProcess } from '../support/worker-process';

const DONE = ['completed', 'failed', 'cancelled', 'timed_out', 'paused'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What the first worker writes: one change that fits into PostgreSQL, one that belongs in the object store. */
const CASES = {
  small: { write: 'echo small > note.txt', check: 'test "$(cat note.txt)" = small && wc -c note.txt' },
  large: {
    write: `node -e "let s='';for(let i=0,x=1;i<400000;i++){x=(x*1103515245+12345)%2147483648;s+=x.toString(36)+(i%12?'':'\\n')}require('fs').writeFileSync('data.txt',s)"; sha256sum data.txt > data.sum`,
    check: 'sha256sum -c data.sum && test "$(wc -c < data.txt)" -gt 2000000',
  },
} as const;

/** The machine that a task ran on is gone, with its disk; another one has nothing but PostgreSQL and the object store. */
describe('a worker with an empty disk', () => {
  let store: S3Peer;
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;

  beforeAll(async () => {
    store = await S3Peer.start();
    house = await RunningQuickstart.start(['--worker', '0']);
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
    house.watch('secret of the object store', store.secretAccessKey);
  }, 240_000);

  afterAll(async () => {
    await database?.end();
    await house?.stop();
    await store?.stop();
  }, 90_000);

  const newWorker = (): Promise<WorkerProcess> =>
    WorkerProcess.start(house, {
      WORKER_DATA_DIR: house.newWorkerFolder(), OBJECT_STORE: 's3', S3_BUCKET: store.bucket, S3_ENDPOINT: store.url, S3_FORCE_PATH_STYLE: 'true',
      S3_ACCESS_KEY_ID: store.accessKeyId, S3_SECRET_ACCESS_KEY: store.secretAccessKey,
    });

  it('goes on where the dead one stopped', async () => {
    const first = await newWorker();
    const ids: string[] = [];
    for (const [name, { write, check }] of Object.entries(CASES)) {
      const submit = { name: 'submit', args: { title: `Change ${name}`, summary: 'Adds a file.', testing: 'Read it.', risks: '' } };
      await teach(house.state.peers.llm, `Task ${name}.`, [{ calls: [{ name: 'bash', args: { command: write } }] }, { calls: [{ name: 'bash', args: { command: `${check}; echo "check: $?"; sleep 8` } }] }, { calls: [submit] }]);
      const { body } = await ada.post('/tasks', { title: name, prompt: `Task ${name}.`, repositoryId: house.state.repository.id });
      ids.push(String(body.id));
    }
    // Both have their first checkpoint and stand in the second command.
    const inSecond = async (): Promise<number> => {
      const { rows } = await database.query<{ n: number }>(`SELECT count(*)::integer AS n FROM task_attempts a WHERE a.bundle_blob_id IS NOT NULL AND EXISTS (SELECT FROM task_events e WHERE e.attempt_id = a.id AND e.type = 'model.completed' AND e.data->>'step' >= '2')`);
      return rows[0]!.n;
    };
    for (const end = Date.now() + 90_000; (await inSecond()) < 2 && Date.now() < end; ) await pause(100);
    expect(await inSecond()).toBe(2);
    const { rows: placed } = await database.query<{ stored: boolean }>('SELECT object_id IS NOT NULL AS stored FROM blobs b WHERE EXISTS (SELECT FROM task_attempts a WHERE a.bundle_blob_id = b.id) ORDER BY size_bytes');
    expect(placed.map(({ stored }) => stored)).toEqual([false, true]);
    expect([...store.objects.keys()].every((key) => key.startsWith('blobs/'))).toBe(true);
    await first.kill();

    const second = await newWorker();
    for (const id of ids) expect(await ada.until(id, DONE, 120_000)).toMatchObject({ status: 'completed', pullRequest: { number: expect.any(Number) as number } });
    for (const id of ids) {
      const events = await ada.stream(id, 0);
      const outputs = events.filter(({ event }) => event === 'tool_result').map(({ data }) => String(data.text));
      // The first command ran once, on the first worker; what it wrote was there for the second.
      expect(outputs.filter((text) => text.includes('check: 0'))).toHaveLength(1);
      expect(outputs).toHaveLength(3);
      const { rows } = await database.query<{ calls: string; attempts: string }>(
        `SELECT (SELECT count(*) FROM task_events WHERE task_id = $1 AND type = 'model.completed') AS calls, (SELECT count(*) FROM task_attempts WHERE task_id = $1) AS attempts`, [id]);
      expect(rows[0]).toEqual({ calls: '3', attempts: '2' });
    }
    await second.stop();
  }, 300_000);
});
