import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, Logger, StopError, SystemClock, type AppConfig } from '@app/common';
import type { ClaimedAttempt } from '@app/domain';
import { aTenant, TaskHouse } from '@app/domain/testing';
import { parse } from 'yaml';
import { KubernetesPeer, startKubernetes } from '../../../../test/support/kubernetes-peer';
import { openTestDatabase } from '../../../../test/support/test-database';
import type { AttemptWork } from '../attempts/attempt-work';
import { jobName } from './attempt-job';
import { KubernetesApi } from './kubernetes-api';
import { KubernetesLauncher } from './kubernetes.launcher';

const ORGANIZATION = '0192f0c1-0000-7000-8000-00000000000a';
const SPEED = 40;

/** Minutes pass in seconds. */
class FastClock extends SystemClock {
  override monotonicMs(): number {
    return super.monotonicMs() * SPEED;
  }
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(ms / SPEED, signal);
  }
}

const attempt = { attemptId: '0192f0c1-0000-7000-8000-000000000001', taskId: '0192f0c1-0000-7000-8000-000000000002', organizationId: ORGANIZATION, fence: 3n } as ClaimedAttempt;
const NAME = 'attempt-0192f0c1-0000-7000-8000-000000000001-3';

describe('attempts as Jobs', () => {
  let folder: string;
  let peer: KubernetesPeer;
  let launcher: KubernetesLauncher;
  const here: string[] = [];

  const settings = (more: Readonly<Record<string, string>> = {}): AppConfig =>
    loadConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32).toString('base64'), KUBERNETES_API_URL: peer.url, KUBERNETES_ACCOUNT_DIR: join(folder, 'account'), ATTEMPT_JOB_START_SECONDS: '60', ...more });
  const launch = (config: AppConfig): KubernetesLauncher => {
    const work = { run: (claimed: ClaimedAttempt) => Promise.resolve(here.push(claimed.attemptId)).then(() => ({ kind: 'completed' as const })) } as unknown as AttemptWork;
    return new KubernetesLauncher(config, work, new KubernetesApi(config), new FastClock(), Logger.create('silent', 'test'));
  };
  /** Runs it until `meanwhile` has stopped it, and returns what it threw. */
  const outcome = async (stop: AbortSignal): Promise<Error & { code?: string; stopCause?: string; detail?: string }> =>
    launcher.run(attempt, stop).then(
      () => Promise.reject(new Error('it should not have ended well')),
      (error: Error) => error,
    );
  const settled = async (test: () => boolean): Promise<void> => {
    for (const end = Date.now() + 20_000; !test() && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'async-coder-kubernetes-'));
    // The image's program is not here, so a pod that starts ends at once.
    peer = await startKubernetes({ workdir: folder, secrets: { 'async-coder-secrets': {} }, node: () => ({}), logFile: (job) => join(folder, `${job}.log`) });
    peer.mountAccount(join(folder, 'account'));
    launcher = launch(settings());
  });

  afterEach(async () => {
    await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes one strictly valid Job of a claim, however often it is called, and leaves it to its process', async () => {
    launcher = launch(settings({ ATTEMPT_JOB_START_SECONDS: '3600' }));
    peer.trouble('image');
    const stop = new AbortController();
    const both = Promise.all([outcome(stop.signal), outcome(stop.signal)]);
    await settled(() => peer.calls.filter((call) => call.startsWith('get jobs')).length > 2);
    expect(peer.calls.filter((call) => call.startsWith('create')).sort()).toEqual(['create jobs 201', 'create jobs 409']);
    expect([...peer.jobs.keys()]).toEqual([NAME]);
    expect(jobName(attempt)).toBe(NAME);
    const { job } = peer.jobs.get(NAME)!;
    expect(job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 21_600, ttlSecondsAfterFinished: 300, template: { spec: { restartPolicy: 'Never', serviceAccountName: 'attempt', automountServiceAccountToken: false, hostUsers: false } } });
    expect(job.spec.template.spec.containers[0]!.env).toEqual(expect.arrayContaining([{ name: 'ATTEMPT_ID', value: attempt.attemptId }, { name: 'ATTEMPT_FENCE', value: '3' }]));
    expect(job.spec.template.metadata!.labels).toMatchObject({ 'app.kubernetes.io/name': 'attempt' });
    expect(job.metadata.labels).toMatchObject({ 'async-coder/organization': ORGANIZATION, 'app.kubernetes.io/component': 'attempt' });
    stop.abort(new StopError('lease_lost'));
    for (const error of await both) expect(error).toMatchObject({ stopCause: 'lease_lost', message: expect.stringContaining('has the attempt now') as string });
    expect(peer.jobs.has(NAME)).toBe(true);
  });

  it.each(['cancel', 'pause', 'deadline', 'shutdown'] as const)('takes its Job away at a %s', async (cause) => {
    launcher = launch(settings({ ATTEMPT_JOB_START_SECONDS: '3600' }));
    peer.trouble('unschedulable');
    const stop = new AbortController();
    const error = outcome(stop.signal);
    await settled(() => peer.jobs.has(NAME));
    stop.abort(new StopError(cause));
    expect(await error).toMatchObject({ stopCause: cause });
    expect(peer.jobs.size).toBe(0);
  });

  it('gives the attempt back without blame when no node has room', async () => {
    peer.trouble('unschedulable');
    expect(await outcome(new AbortController().signal)).toMatchObject({ stopCause: 'shutdown', message: expect.stringContaining('no room') as string });
    expect(peer.jobs.size).toBe(0);
  });

  it.each([
    ['an image that cannot be pulled', (): void => peer.trouble('image'), /ImagePullBackOff: Back-off/],
    ['a process that ends before it has begun', (): void => undefined, /ended before it had begun/],
  ])('says what is wrong: %s', async (_, prepare, words) => {
    prepare();
    const error = await outcome(new AbortController().signal);
    expect(error).toMatchObject({ code: 'sandbox_unavailable', detail: expect.stringMatching(words) as string });
    expect(peer.jobs.size).toBe(0);
  });

  it('removes a Job whose creation was not answered', async () => {
    peer.trouble('image');
    peer.loseAnswer();
    expect(await outcome(new AbortController().signal)).toMatchObject({ code: 'sandbox_unavailable' });
    expect(peer.calls.at(-1)).toBe(`delete jobs/${NAME} 200`);
    expect(peer.jobs.size).toBe(0);
  });

  it('says that it may not, or has nobody to ask', async () => {
    launcher = launch(settings({ ATTEMPT_JOB_TEMPLATE: 'another' }));
    expect(await outcome(new AbortController().signal)).toMatchObject({ code: 'sandbox_unavailable', cause: { status: 403, message: expect.stringContaining('cannot get resource "podtemplates"') as string } });
    launcher = launch(settings({ KUBERNETES_ACCOUNT_DIR: join(folder, 'none') }));
    expect(await outcome(new AbortController().signal)).toMatchObject({ cause: { status: 0, message: expect.stringContaining('the service account has no') as string } });
    launcher = launch(settings({ KUBERNETES_API_URL: 'http://127.0.0.1:1' }));
    expect(await outcome(new AbortController().signal)).toMatchObject({ cause: { status: 0, message: expect.stringContaining('did not answer') as string } });
  });

  it('runs attempts of organizations that are not listed here', async () => {
    launcher = launch(settings({ ATTEMPT_JOB_ORGANIZATIONS: '0192f0c1-0000-7000-8000-00000000000b' }));
    await expect(launcher.run(attempt, new AbortController().signal)).resolves.toEqual({ kind: 'completed' });
    expect(here).toEqual([attempt.attemptId]);
    expect(peer.calls).toEqual([]);
  });
});

describe('what workers are scaled by', () => {
  it('counts attempts that a worker has or could have now', async () => {
    const { spec } = parse(readFileSync(join(__dirname, '../../../../deploy/kubernetes/components/keda/worker-scaling.yaml'), 'utf8')) as { spec: { triggers: { metadata: { query: string } }[] } };
    const database = await openTestDatabase();
    try {
      const house = new TaskHouse(database.dataSource);
      const tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
      await house.runningTask(tenant);
      await house.newTask(tenant);
      const later = await house.newTask(tenant);
      await database.dataSource.query(`UPDATE task_attempts SET available_at = now() + interval '1 h' WHERE id = $1`, [later.attemptId]);
      const ended = await house.runningTask(tenant);
      await house.work.run((tx) => house.lifecycle.finish(tx, ended, { kind: 'completed' }, house.noHolds));
      expect(await database.dataSource.query(spec.triggers[0]!.metadata.query)).toEqual([{ count: '2' }]);
    } finally {
      await database.close();
    }
  });
});
