import type { Journal } from '@app/agent';
import { MemoryJournal, MemoryWorkspace, testHost } from '@app/agent/testing';
import { StopError } from '@app/common';
import { ModelError, type ModelRequest } from '@app/providers';
import { ScriptedProvider } from '@app/providers/testing';
import { currentTraceparent, metricsRegistry } from '@app/telemetry';
import { attemptStopped, inPhase, observeAttempt } from './observed-attempt';
import { observedHost } from './observed-host';
import { ObservedProvider } from './observed.provider';
import { countSandbox } from './observed-sandbox';

const REQUEST = { model: 'model-x', capabilities: {}, system: [], messages: [], tools: [], maxTokens: 100 } as unknown as ModelRequest;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The value of a series; 0 when it is not there. */
async function valueOf(series: string): Promise<number> {
  const line = (await metricsRegistry.text()).split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

async function drain(provider: ObservedProvider): Promise<void> {
  for await (const chunk of provider.stream(REQUEST, new AbortController().signal)) void chunk;
}

describe('a model that is watched', () => {
  it('counts calls, tokens and the time to the first token', async () => {
    await drain(new ObservedProvider(new ScriptedProvider([{ text: 'hello', usage: { inputTokens: 11, outputTokens: 7, cacheReadTokens: 5, cacheWriteShortTokens: 1, cacheWriteLongTokens: 2 } }], 'vendor')));
    const labels = 'provider="vendor",model="model-x"';
    expect(await valueOf(`async_coder_model_call_duration_seconds_count{${labels},outcome="ok"}`)).toBe(1);
    expect(await valueOf(`async_coder_model_first_token_seconds_count{${labels}}`)).toBe(1);
    expect(await Promise.all(['input', 'output', 'cache_read', 'cache_write'].map((kind) => valueOf(`async_coder_model_tokens_total{${labels},kind="${kind}"}`)))).toEqual([11, 7, 5, 3]);
  });

  it('counts a failure once, by its kind, and passes it on', async () => {
    const provider = new ObservedProvider(new ScriptedProvider([{ error: new ModelError('server', 'broken', { provider: 'bad' }) }], 'bad'));
    await expect(drain(provider)).rejects.toMatchObject({ kind: 'server' });
    expect(await valueOf('async_coder_model_errors_total{provider="bad",model="model-x",kind="server"}')).toBe(1);
    expect(await valueOf('async_coder_model_call_duration_seconds_count{provider="bad",model="model-x",outcome="failed"}')).toBe(1);
  });

  it('knows a listener who went after the end from one who went before', async () => {
    for (const stopAt of ['delta', 'end']) {
      const provider = new ObservedProvider(new ScriptedProvider([{ text: 'hello' }], stopAt));
      for await (const chunk of provider.stream(REQUEST, new AbortController().signal)) if (chunk.t === stopAt) break;
    }
    expect(await valueOf('async_coder_model_errors_total{provider="delta",model="model-x",kind="stopped"}')).toBe(1);
    expect(await valueOf('async_coder_model_call_duration_seconds_count{provider="end",model="model-x",outcome="ok"}')).toBe(1);
  });
});

describe('a run that is watched', () => {
  const host = (journal: Journal) => observedHost(testHost({ provider: new ScriptedProvider([], 'vendor'), workspace: new MemoryWorkspace({}), journal }));

  it('counts tools by outcome, checks, steps and retries, and writes down the same', async () => {
    const written: string[] = [];
    const journal = new Proxy(new MemoryJournal(), {
      get: (target, name, receiver) => (name === 'load' || typeof name === 'symbol' ? (Reflect.get(target, name, receiver) as unknown) : (...all: unknown[]) => {
        written.push(name);
        return Promise.resolve(name === 'completeModel' ? { creditsMicro: 40n } : { granted: true, callSeq: 1, maxTokens: 1, messages: [], all });
      }),
    });
    const { journal: watched } = host(journal);
    await watched.requestModel({ step: 1, promptTokens: 1, maxTokens: 1 });
    await watched.failModel({ callSeq: 1, step: 1, kind: 'server', message: '', usage: null, waitMs: 5, latencyMs: 1 });
    await watched.completeModel({ callSeq: 2, step: 1, end: {} as never, latencyMs: 1, ttftMs: 1 });
    const result = (name: string, isError: boolean) => ({ callId: name, name, args: {}, isError, durationMs: 20, text: '', fullText: '' });
    await watched.completeStep({ step: 1, results: [result('bash', false), result('bash', true)], checkpoint: {} as never, todo: null, outcome: null });
    await watched.verified('head', { status: 'passed', checks: [{ name: 'test', command: 'x', phase: 'head', exitCode: 0, durationMs: 10, status: 'passed', alreadyFailing: false, outputTail: '' }], source: 'task', note: null });
    expect(written).toEqual(['requestModel', 'failModel', 'completeModel', 'completeStep', 'verified']);
    expect(await valueOf('async_coder_model_retries_total{provider="vendor",model="test-model"}')).toBe(1);
    expect(await valueOf('async_coder_credits_microcredits_total{provider="vendor",model="test-model"}')).toBe(40);
    expect(await valueOf('async_coder_tool_call_duration_seconds_count{tool="bash",outcome="failed"}')).toBe(1);
    expect(await valueOf('async_coder_check_duration_seconds_count{phase="head",outcome="passed"}')).toBe(1);
    expect(await valueOf('async_coder_steps_total')).toBe(1);
  });
});

it('an attempt goes on with the trace of its row, and its parts are timed by outcome', async () => {
  const attempt = { taskId: 't', attemptId: 'a', number: 2, cause: 'retry', stage: 'agent', waitedSeconds: 3, traceparent: TRACEPARENT } as never;
  expect(await observeAttempt(attempt, () => Promise.resolve(currentTraceparent()))).toBe(TRACEPARENT);
  expect(currentTraceparent()).toBeNull();
  await inPhase('agent', () => Promise.resolve());
  await expect(inPhase('agent', () => Promise.reject(new StopError('cancel')))).rejects.toThrow();
  await expect(inPhase('agent', () => Promise.reject(new Error('no')))).rejects.toThrow();
  for (const outcome of ['ok', 'stopped', 'failed']) expect([outcome, await valueOf(`async_coder_task_phase_duration_seconds_count{phase="agent",outcome="${outcome}"}`)]).toEqual([outcome, 1]);
});

it('a lost lease is counted, and only a fault of ours is one', async () => {
  attemptStopped(new StopError('lease_lost'), { kind: 'leave', why: '' });
  attemptStopped(new Error('push'), { kind: 'end', end: { kind: 'failed', code: 'push_failed', message: '' } });
  attemptStopped(new Error('bug'), { kind: 'end', end: { kind: 'failed', code: 'internal', message: '' } });
  expect(await valueOf('async_coder_lease_losses_total')).toBe(1);
  expect(await valueOf('async_coder_errors_total{where="attempt"}')).toBe(1);
});

it('sandboxes are counted while they run, and by what ended them', async () => {
  const ends = ['memory', 'stopped', null] as const;
  for (const killed of ends) countSandbox({ ended: Promise.resolve({ exitCode: null, killed }) });
  await new Promise((resolve) => setImmediate(resolve));
  expect(await valueOf('async_coder_sandbox_starts_total')).toBe(3);
  expect(await valueOf('async_coder_sandboxes_running')).toBe(0);
  expect(await valueOf('async_coder_sandbox_kills_total{cause="memory"}')).toBe(1);
  expect(await valueOf('async_coder_sandbox_kills_total{cause="stopped"}')).toBe(0);
});
