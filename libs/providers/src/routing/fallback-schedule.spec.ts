import { FakeClock } from '@app/common/testing';
import { ModelError, type ModelErrorFacts, type ModelErrorKind } from '../model-error';
import { FallbackSchedule, type FallbackOptions } from './fallback-schedule';

interface Model {
  readonly name: string;
  readonly window: number;
  circuit: { isOpen: boolean };
}

const model = (name: string, window = 100): Model => ({ name, window, circuit: { isOpen: false } });
const fault = (kind: ModelErrorKind, facts: Partial<ModelErrorFacts> = {}): ModelError => new ModelError(kind, kind, { provider: 'p', ...facts });

function schedule(chain: [Model, ...Model[]], options: Partial<FallbackOptions<Model>> = {}): FallbackSchedule<Model> {
  return new FallbackSchedule(chain, { clock: new FakeClock(), retry: { random: () => 0 }, ...options });
}

/** Where each of so many faults leads. */
function walk(route: FallbackSchedule<Model>, faults: readonly (ModelErrorKind | ModelError)[]): string[] {
  return faults.map((error) => {
    const next = route.after(typeof error === 'string' ? fault(error) : error);
    return next === null ? 'end' : `${next.model.name} ${next.waitMs / 1_000}`;
  });
}
const times = (count: number, kind: ModelErrorKind = 'server'): ModelErrorKind[] => Array.from({ length: count }, () => kind);

describe('the tries of a call', () => {
  it('are six of one model that nobody stands in for', () => {
    expect(walk(schedule([model('a')]), times(6))).toEqual(['a 0', 'a 0', 'a 0', 'a 0', 'a 0', 'end']);
  });

  it('then go back and forth, one each, with growing waits', () => {
    expect(walk(schedule([model('a'), model('b')]), times(11)).slice(5)).toEqual(['b 0', 'a 5', 'b 15', 'a 30', 'b 45', 'end']);
    expect(walk(schedule([model('a'), model('b'), model('c')]), times(11)).slice(5)).toEqual(['b 0', 'a 5', 'c 15', 'a 30', 'b 45', 'end']);
  });

  it('begin where the last call ended', () => {
    const [a, b] = [model('a'), model('b')];
    expect(walk(schedule([a, b], { start: b }), times(8)).slice(4)).toEqual(['b 0', 'a 0', 'b 5', 'a 15']);
  });

  it('leave a model at once whose circuit opens, and pass over those whose circuit is open', () => {
    const [a, b, c] = [model('a'), model('b'), model('c')];
    const route = schedule([a, b, c]);
    expect(walk(route, ['server'])).toEqual(['a 0']);
    a.circuit.isOpen = b.circuit.isOpen = true;
    expect(walk(route, times(3))).toEqual(['c 0', 'c 5', 'c 15']);
    expect(schedule([a, b, c]).current.name).toBe('c');
  });

  it('stay with the only model, and with open circuits everywhere, as if there were none', () => {
    const [a, b] = [model('a'), model('b')];
    a.circuit.isOpen = b.circuit.isOpen = true;
    expect(schedule([a]).current.name).toBe('a');
    expect(walk(schedule([a]), times(2))).toEqual(['a 0', 'a 0']);
    expect(walk(schedule([a, b]), times(7)).slice(4)).toEqual(['a 0', 'b 0', 'a 5']);
  });

  it('never go to a model that the request does not fit into', () => {
    const route = schedule([model('a'), model('small', 10), model('c')], { fits: ({ window }) => window > 50 });
    expect(walk(route, times(8)).slice(5)).toEqual(['c 0', 'a 5', 'c 15']);
    expect(walk(schedule([model('a'), model('small', 10)], { fits: ({ window }) => window > 50 }), times(6)).at(-1)).toBe('end');
  });

  it('leave a model alone that asked for a longer wait, and end with what it asked for', () => {
    const route = schedule([model('a'), model('b')]);
    const limited = fault('rate_limit', { retryAfterMs: 300_000 });
    expect(walk(route, [limited])).toEqual(['b 0']);
    const last = fault('overloaded');
    expect(walk(route, [last, last, last, last, last])).toEqual(['b 5', 'b 15', 'b 30', 'b 45', 'end']);
    expect(route.failureOf(last)).toBe(limited);
  });

  it.each(['auth', 'quota', 'bad_request', 'not_found', 'context_overflow', 'refusal'] as const)('end at once when the first model says %s: its key is never exchanged in silence', (kind) => {
    const route = schedule([model('a'), model('b')]);
    expect(walk(route, [kind])).toEqual(['end']);
    const error = fault(kind);
    expect(route.failureOf(error)).toBe(error);
  });

  it.each(['auth', 'quota', 'bad_request', 'not_found', 'context_overflow'] as const)('go on without a stand-in that says %s, and end with what happened before', (kind) => {
    const route = schedule([model('a'), model('b'), model('c')]);
    expect(walk(route, [...times(6), kind, kind]).slice(5)).toEqual(['b 0', 'a 5', 'end']);
    const alone = schedule([model('a'), model('b')]);
    walk(alone, times(6));
    const refused = fault(kind);
    expect(walk(alone, [refused])).toEqual(['end']);
    expect(alone.failureOf(refused)).toMatchObject({ kind: 'server' });
  });

  it('leave a stand-in that answered before when its key no longer does, but let it decide about the request', () => {
    const [a, b] = [model('a'), model('b')];
    expect(walk(schedule([a, b], { start: b }), ['quota'])).toEqual(['a 0']);
    expect(walk(schedule([a, b], { start: b }), ['context_overflow'])).toEqual(['end']);
  });

  it('end when they are stopped', () => {
    const route = schedule([model('a'), model('b')]);
    walk(route, times(6));
    expect(walk(route, ['aborted'])).toEqual(['end']);
  });
});
