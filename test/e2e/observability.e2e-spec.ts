import { AppProcess } from '../support/app-process';
import { OtlpCollector, type ReceivedSpan } from '../support/otlp-collector';
import { TaskHouse } from '../support/task-house';

const TOKEN = 'a-token-for-metrics';
const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';
const API = 'async-coder-api';
const WORKER = 'async-coder-worker';

/** What operators see of one task, in both processes. */
describe('one task, as operators see it', () => {
  let collector: OtlpCollector;
  let house: TaskHouse;
  let worker: AppProcess;
  let taskId: string;
  let traceId: string;

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    house = await TaskHouse.open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, METRICS_TOKEN: TOKEN }, ['--worker', '0']);
    worker = await AppProcess.launch('worker', house.running, { WORKER_DATA_DIR: house.running.newWorkerFolder() });
  }, 180_000);

  afterAll(async () => {
    await worker?.stop();
    await house?.close();
    await collector?.stop();
  }, 60_000);

  const attemptsIn = (spans: readonly ReceivedSpan[]): ReceivedSpan[] => spans.filter(({ name }) => name === 'attempt');

  it('is one trace from the request through the queue to the pull request', async () => {
    taskId = await house.handIn({ prompt: PROMPT });
    expect(await house.ada.until(taskId, ['completed', 'failed'])).toMatchObject({ status: 'completed' });
    const { rows } = await house.database.query<{ traceparent: string }>('SELECT traceparent FROM tasks WHERE id = $1', [taskId]);
    traceId = rows[0]!.traceparent.split('-')[1]!;
    const spans = await collector.until(traceId, (some) => attemptsIn(some).length === 1);

    const names = (service: string): Set<string> => new Set(spans.filter((span) => span.service === service).map(({ name }) => name));
    expect(names(API)).toContain('POST /api/v1/tasks');
    for (const name of ['queue', 'attempt', 'workspace', 'agent', 'step', 'model call', 'tool', 'check', 'publish']) expect([...names(WORKER)]).toContain(name);

    const known = new Map(spans.map((span) => [span.spanId, span]));
    expect(spans.filter(({ parentSpanId }) => parentSpanId === '').map(({ name }) => name)).toEqual(['POST /api/v1/tasks']);
    expect(spans.filter(({ parentSpanId }) => parentSpanId !== '' && !known.has(parentSpanId))).toEqual([]);
    const parentsOf = (name: string): Set<string> => new Set(spans.filter((span) => span.name === name).map(({ parentSpanId }) => known.get(parentSpanId)?.name ?? ''));
    expect([...parentsOf('model call')]).toEqual(['step']);
    expect([...parentsOf('tool')]).toEqual(['step']);
    expect([...parentsOf('step')]).toEqual(['agent']);
    expect([...parentsOf('agent')]).toEqual(['attempt']);
    expect(attemptsIn(spans)[0]).toMatchObject({ failed: false, attributes: { 'task.id': taskId } });
  }, 120_000);

  it('goes on with the same trace in a later attempt', async () => {
    expect((await house.ada.post(`/tasks/${taskId}/messages`, { content: 'Say in one sentence what you changed.' })).status).toBe(202);
    const spans = await collector.until(traceId, (some) => attemptsIn(some).length === 2, 60_000);
    expect(attemptsIn(spans).map(({ attributes }) => attributes['task.id'])).toEqual([taskId, taskId]);
  }, 90_000);

  it('tells the collector nothing of what was said, and no query string', () => {
    expect(collector.raw).not.toContain('The test suite fails');
    expect(collector.raw).not.toMatch(/"url\.(full|query)","value":\{"stringValue":"[^"]*\?/);
    expect(collector.spans.filter(({ name }) => name.includes('/health'))).toEqual([]);
  });

  const scrape = async (url: string, token: string): Promise<Response> => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });

  it('shows in the metrics of the API', async () => {
    const text = await (await scrape(house.state.apiUrl, TOKEN)).text();
    expect(text).toContain('async_coder_tasks_submitted_total{mode="code"} 1');
    expect(text).toMatch(/async_coder_http_request_duration_seconds_count\{method="POST",route="\/api\/v1\/tasks",status="2xx"\} 1\n/);
    expect(text).toContain('async_coder_queue_depth{queue="attempt",state="lost"} 0');
  });

  it('shows in the metrics of the worker, for who holds the token', async () => {
    expect((await scrape(worker.url, 'another')).status).toBe(401);
    const text = await (await scrape(worker.url, TOKEN)).text();
    expect(text).toMatch(/async_coder_model_call_duration_seconds_count\{[^}]*\} [1-9]/);
    expect(text).toMatch(/async_coder_model_tokens_total\{[^}]*\} [1-9]/);
  });
});
