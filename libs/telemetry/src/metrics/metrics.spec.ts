import { BoundedLabels, OTHER } from './bounded-labels';
import { METRICS } from './definitions';
import { MetricsRegistry } from './metrics';

describe('MetricsRegistry', () => {
  it('exports each definition under its name, with its help', async () => {
    const text = await new MetricsRegistry().text();
    for (const { name, help, kind } of Object.values(METRICS)) expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}`);
  });

  it('names are unique, and say what they count in', () => {
    const names = Object.values(METRICS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, kind } of Object.values(METRICS)) expect([name, kind === 'counter', name.endsWith('_total')]).toEqual([name, kind === 'counter', kind === 'counter']);
    for (const { name, kind } of Object.values(METRICS)) expect(kind !== 'histogram' || name.endsWith('_seconds')).toBe(true);
  });

  it('holds labels that come from outside to a number of values', async () => {
    const registry = new MetricsRegistry();
    for (let n = 0; n < 10_000; n++) registry.instruments.modelErrors.add({ provider: 'openai', model: `model-${n}`, kind: 'overloaded' });
    const lines = (await registry.text()).split('\n').filter((line) => line.startsWith('async_coder_model_errors_total{'));
    expect(lines).toHaveLength(101);
    expect(lines.find((line) => line.includes(`model="${OTHER}"`))).toContain(' 9900');
  });

  it('looks before it is read, and a look that fails costs its own values only', async () => {
    const registry = new MetricsRegistry();
    const forget = registry.beforeScrape(() => registry.instruments.streamReaders.set({}, 7));
    registry.beforeScrape(() => Promise.reject(new Error('away')));
    expect(await registry.text()).toContain('async_coder_sse_readers 7');
    forget();
    registry.instruments.streamReaders.set({}, 1);
    expect(await registry.text()).toContain('async_coder_sse_readers 1');
  });

  it('never counts backwards', async () => {
    const registry = new MetricsRegistry();
    registry.instruments.steps.add({}, -5);
    registry.instruments.attemptWait.observe({}, -1);
    const text = await registry.text();
    expect(text).toContain('async_coder_steps_total 0');
    expect(text).toContain('async_coder_attempt_wait_seconds_sum 0');
  });
});

it('BoundedLabels keeps the first values of each label and no empty ones', () => {
  const bounds = new BoundedLabels(2);
  expect(['a', 'b', 'c', 'a', ''].map((value) => bounds.keep('model', value))).toEqual(['a', 'b', OTHER, 'a', OTHER]);
  expect(bounds.keep('provider', 'c')).toBe('c');
});
