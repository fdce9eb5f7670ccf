import { routeModels } from './model-router';
import type { ExclusionReason, ModelRecord, RoutingCandidate, RoutingDecision, RoutingWish } from './routing-types';

const usd = (value: number): bigint => BigInt(Math.round(value * 1_000_000));

function candidate(name: string, [input, output, read, short]: [number, number, number, number], changes: Partial<RoutingCandidate> = {}): RoutingCandidate {
  return {
    name, provider: 'anthropic', modes: ['code', 'ask', 'debug', 'documentation', 'architect', 'pr_review'], lifecycle: 'active', capabilities: { tools: true }, contextWindow: 1_000_000, maxInputTokens: null,
    prices: [{ id: null, minPromptTokens: 0, input: usd(input), output: usd(output), cacheRead: usd(read), cacheWriteShort: usd(short), cacheWriteLong: usd(short) }],
    key: 'platform', obstacle: null, isProviderDown: false, isCircuitOpen: false, quality: null, record: null, multiplierBps: 10_000, ...changes,
  };
}

const OPUS = candidate('opus', [4, 20, 0.2, 5], { quality: 0.92 });
const SONNET = candidate('sonnet', [2, 10, 0.1, 2.5], { quality: 0.89 });
const HAIKU = candidate('haiku', [0.1, 0.5, 0.01, 0.125], { quality: 0.69 });
const TERRA = candidate('terra', [1, 5, 0.05, 1.25], { quality: 0.81, provider: 'openai' });
const ALL = [OPUS, SONNET, HAIKU, TERRA];

const EASY = { level: 'normal', signs: [] } as const;
function route(changes: Partial<RoutingWish> = {}, candidates: readonly RoutingCandidate[] = ALL): RoutingDecision {
  return routeModels(candidates, { mode: 'code', requested: 'auto', preference: 'auto', complexity: EASY, promptCharacters: 200, affordableMicro: null, ...changes });
}
const names = ({ ranked }: RoutingDecision): string[] => ranked.map(({ model }) => model);
const whyNot = (decision: RoutingDecision): Partial<Record<string, ExclusionReason>> => Object.fromEntries(decision.excluded.map(({ model, reason }): [string, ExclusionReason] => [model, reason]));

describe('auto', () => {
  it.each([
    ['architect', 'quality', 'opus'], ['debug', 'quality', 'opus'], ['pr_review', 'quality', 'opus'], ['code', 'balanced', 'sonnet'], ['ask', 'economy', 'haiku'], ['documentation', 'economy', 'haiku'],
  ] as const)('in mode %s looks for %s and takes %s', (mode, profile, model) => {
    const decision = route({ mode });
    expect([decision.profile, names(decision)[0]]).toEqual([profile, model]);
  });

  it('goes one step up for a difficult task, and only when nobody stated a preference', () => {
    const complexity = { level: 'high', signs: ['a migration', 'security'] } as const;
    expect([route({ complexity }).profile, route({ mode: 'ask', complexity }).profile, route({ mode: 'debug', complexity }).profile]).toEqual(['quality', 'balanced', 'quality']);
    expect(names(route({ complexity }))[0]).toBe('opus');
    expect(route({ complexity, preference: 'economy' }).profile).toBe('economy');
  });

  it('ranks by a score that can be checked by hand', () => {
    const { ranked, weights } = route();
    for (const { score, quality, cost, latency } of ranked) expect(score).toBeCloseTo(weights.quality * quality + weights.cost * cost + weights.latency * latency, 2);
    const scores = ranked.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    // 15 calls of 35,067 tokens (26,300 read, 3,507 written, 5,260 new) and 1,000 of output, at 2, 0.1, 2.5 and 10 USD per million.
    expect(ranked.find(({ model }) => model === 'sonnet')?.estimatedNusd).toBe(15n * (5_260n * 2_000n + 26_300n * 100n + 3_507n * 2_500n + 1_000n * 10_000n));
    expect(weights.quality + weights.cost + weights.latency).toBeCloseTo(1);
  });

  it('does not depend on the order of the catalog', () => {
    expect(names(route({}, [...ALL].reverse()))).toEqual(names(route()));
    const twins = [candidate('b', [1, 1, 1, 1]), candidate('a', [1, 1, 1, 1])];
    expect(names(route({}, twins))).toEqual(['a', 'b']);
  });

  it('keeps the model that worked before, while nothing speaks against it', () => {
    const kept = route({ keep: 'terra' });
    expect(kept.ranked[0]).toMatchObject({ model: 'terra', reasons: expect.arrayContaining(['worked on this task before']) as string[] });
    expect(names(route({ keep: 'terra' }, [SONNET, { ...TERRA, isCircuitOpen: true }]))).toEqual(['sonnet']);
  });
});

describe('hard filters', () => {
  it.each<[ExclusionReason, Partial<RoutingCandidate>, Partial<RoutingWish>?]>([
    ['no_key', { key: null }], ['other_key', { key: 'other' }], ['no_price', { prices: [] }], ['plan', { obstacle: 'plan' }], ['not_installed', { obstacle: 'not_installed' }], ['retired', { lifecycle: 'retired' }],
    ['mode', { modes: ['ask'] }], ['no_tools', { capabilities: { tools: false } }], ['context_window', { contextWindow: 100_000 }], ['context_window', { maxInputTokens: 90_000 }],
    ['context_window', { contextWindow: 200_000 }, { promptCharacters: 240_000 }], ['provider_down', { isProviderDown: true }], ['circuit_open', { isCircuitOpen: true }], ['over_budget', {}, { affordableMicro: 5_000_000n }],
  ])('leave out for %s', (reason, changes, wish = {}) => {
    const decision = route(wish, [{ ...OPUS, ...changes }, HAIKU]);
    expect([names(decision), whyNot(decision)]).toEqual([['haiku'], { opus: reason }]);
  });

  it.each<[ExclusionReason, Partial<RoutingCandidate>, Partial<RoutingWish>?]>([['provider_down', { isProviderDown: true }], ['circuit_open', { isCircuitOpen: true }], ['over_budget', {}, { affordableMicro: 1n }]])(
    'give way where nothing else is left: %s', (reason, changes, wish = {}) => {
      const decision = route(wish, [{ ...OPUS, ...changes }, { ...HAIKU, key: null }]);
      expect(names(decision)).toEqual(['opus']);
      expect(decision.ranked[0]?.reasons).toContain(`no better one: ${reason.replaceAll('_', ' ')}`);
    });

  it('leave nothing where nothing can be used', () => {
    expect(route({}, []).ranked).toEqual([]);
    expect(route({}, [{ ...OPUS, key: null }, { ...HAIKU, prices: [] }])).toMatchObject({ ranked: [], excluded: [{ reason: 'no_key' }, { reason: 'no_price' }] });
  });

  it('count credits with the model\'s margin, and need none on an own key', () => {
    const credits = ((route({}, [SONNET]).ranked[0]?.estimatedNusd ?? 0n) + 9n) / 10n;
    expect(names(route({ affordableMicro: credits }, [SONNET, HAIKU]))).toContain('sonnet');
    expect(names(route({ affordableMicro: credits - 1n }, [SONNET, HAIKU]))).not.toContain('sonnet');
    expect(names(route({ affordableMicro: credits }, [{ ...SONNET, multiplierBps: 13_000 }, HAIKU]))).not.toContain('sonnet');
    expect(names(route({ affordableMicro: 0n }, [{ ...SONNET, key: 'own' }]))).toEqual(['sonnet']);
  });
});

describe('a model asked for by name', () => {
  it('comes first whatever its score, and is not weighed against its circuit or the credits left', () => {
    const decision = route({ requested: 'haiku', mode: 'debug' }, [OPUS, { ...HAIKU, isCircuitOpen: true, isProviderDown: true }]);
    expect(decision.ranked[0]).toMatchObject({ model: 'haiku', reasons: expect.arrayContaining(['asked for by name']) as string[] });
    expect(names(route({ requested: 'opus', affordableMicro: 1n }))[0]).toBe('opus');
  });

  it('is stood in for by models that cost at most twice as much', () => {
    const decision = route({ requested: 'terra' });
    expect(names(decision)).toEqual(['terra', 'sonnet', 'haiku']);
    expect(whyNot(decision)).toEqual({ opus: 'dearer' });
  });

  it('is left out where it cannot be called at all', () => {
    expect(whyNot(route({ requested: 'opus' }, [{ ...OPUS, key: null }, SONNET]))).toEqual({ opus: 'no_key' });
  });
});

describe('own outcomes', () => {
  const record = (tasks: number, succeeded: number, changes: Partial<ModelRecord> = {}): ModelRecord => ({ tasks, succeeded, p50LatencyMs: null, costPerTaskNusd: null, ...changes });
  const quality = (candidates: readonly RoutingCandidate[], name: string): number => route({}, candidates).ranked.find(({ model }) => model === name)?.quality ?? NaN;

  it('move what the catalog says, the more the more tasks there are', () => {
    const others = { ...HAIKU, record: record(200, 160) };
    const steps = [0, 3, 30, 300].map((tasks) => quality([{ ...SONNET, record: record(tasks, 0) }, others], 'sonnet'));
    expect(steps).toEqual([...steps].sort((a, b) => b - a));
    expect(steps[0]).toBeCloseTo(0.725);
    expect(steps[1]).toBeGreaterThan(0.5);
    expect(steps[3]).toBe(0);
  });

  it('are compared with the others: where all do badly, nobody falls behind those that were never tried', () => {
    const both = [{ ...SONNET, record: record(100, 40) }, { ...HAIKU, record: record(100, 40) }, OPUS];
    expect(quality(both, 'sonnet')).toBeCloseTo(0.725);
    expect(quality(both, 'opus')).toBeCloseTo(0.8);
  });

  it('a faster model is preferred among equals, and one whose tasks turned out cheaper', () => {
    const [a, b] = [candidate('a', [2, 10, 0.1, 2.5], { quality: 0.8 }), candidate('b', [2, 10, 0.1, 2.5], { quality: 0.8 })];
    expect(names(route({}, [a, { ...b, record: record(0, 0, { p50LatencyMs: 2_000 }) }]))[0]).toBe('b');
    const cheaper = route({}, [a, { ...b, record: record(50, 40, { costPerTaskNusd: 50_000_000n }) }, { ...HAIKU, record: record(50, 40) }]);
    expect(names(cheaper).filter((name) => name !== 'haiku')).toEqual(['b', 'a']);
  });

  it('a model without an opinion is judged by its price', () => {
    const unknown = candidate('unknown', [2, 10, 0.1, 2.5]);
    expect(route({}, [unknown]).ranked[0]?.reasons).toContain('quality guessed from its price');
    expect(quality([unknown], 'unknown')).toBeCloseTo(0.605, 2);
  });
});

it('ranks the whole catalog in well under a millisecond each time', () => {
  const many = Array.from({ length: 100 }, (_, n) => candidate(`m${n}`, [1 + n / 10, 5, 0.1, 1], { quality: 0.5 + n / 200 }));
  const began = performance.now();
  for (let n = 0; n < 100; n += 1) route({}, many);
  expect(performance.now() - began).toBeLessThan(3_000);
});
