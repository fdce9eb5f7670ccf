import { AppError, Secret, UNSAFE_URL } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../test/support/llm-peer';
import type { ModelProvider } from './model-provider';
import { probe } from './probe';
import { BUILT_API_STYLES } from './provider-connection';
import { createProvider } from './provider-registry';

describe('probe', () => {
  let peer: LlmPeer;
  const provider = (key = 'sk-ant-api03-0123456789abcdef'): ModelProvider => createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: peer.url, key: new Secret(key) });
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => peer.reset());
  afterAll(() => peer.stop());

  it('makes one small call and tells its times and usage', async () => {
    peer.script({ turns: [{ text: 'OK' }] });
    const result = await probe(provider(), 'claude-sonnet-5-5', { capabilities: { reasoning: 'adaptive' } });
    expect(result).toMatchObject({ ok: true, model: 'claude-sonnet-5-5', error: null, usage: { outputTokens: 1 } });
    expect(result.usage?.inputTokens).toBeGreaterThan(0);
    expect(result.ttftMs).toBeLessThanOrEqual(result.latencyMs);
    expect(peer.requests().map(({ body }) => body)).toMatchObject([{ max_tokens: 16, messages: [{ role: 'user' }] }]);
  });

  it('is content with an answer that is cut at its limit', async () => {
    peer.script({ turns: [{ thinking: 'hm '.repeat(100), text: 'OK' }] });
    expect(await probe(provider(), 'claude-sonnet-5-5')).toMatchObject({ ok: true, usage: { outputTokens: 16 } });
  });

  it('tells a failure by kind, once', async () => {
    expect(await probe(provider('sk-ant-invalid-key'), 'claude-sonnet-5-5')).toMatchObject({ ok: false, ttftMs: null, usage: null, error: { kind: 'auth' } });
    expect(await probe(provider(), 'no-such-model')).toMatchObject({ ok: false, error: { kind: 'not_found' } });
    peer.fault({ status: 529 });
    expect(await probe(provider(), 'claude-sonnet-5-5')).toMatchObject({ ok: false, error: { kind: 'overloaded' } });
    expect(peer.requests()).toHaveLength(3);
  });

  it('has a deadline, which is another thing than a stop', async () => {
    peer.fault({ delayMs: 30_000, times: 2 });
    expect(await probe(provider(), 'claude-sonnet-5-5', { timeoutMs: 50 })).toMatchObject({ ok: false, error: { kind: 'timeout', message: 'no answer within 0.05 s' } });
    expect(await probe(provider(), 'claude-sonnet-5-5', { signal: AbortSignal.timeout(50) })).toMatchObject({ ok: false, error: { kind: 'aborted' } });
  });
});

it('hands on that an address was refused, however the SDK wraps it', async () => {
  const fetch = () => Promise.reject(new AppError(UNSAFE_URL, 'The address points inside.'));
  for (const apiStyle of BUILT_API_STYLES) {
    const provider = createProvider({ apiStyle, name: 'custom', baseUrl: 'https://example.com', key: new Secret('sk-ant-api03-0123456789abcdef'), fetch });
    await expect(probe(provider, 'claude-sonnet-5-5')).rejects.toMatchObject({ code: 'unsafe_url' });
  }
});
