import { ModelError, type ModelErrorKind } from '../model-error';
import { listen } from '../testing/provider.contract';
import { ScriptedProvider, type ScriptedTurn } from '../testing/scripted.provider';
import { Circuits } from './circuit';

const REQUEST = { model: 'm', capabilities: {}, system: '', messages: [], tools: [], maxTokens: 10, cacheKey: 'k' };

function setUp() {
  let now = 0;
  const circuits = new Circuits({ monotonicMs: () => now });
  const turns: ScriptedTurn[] = [];
  const inner = new ScriptedProvider(() => turns.shift() ?? { text: 'fine' }, 'acme');
  const watched = circuits.watch(inner, 'key-1');
  const call = async (...kinds: (ModelErrorKind | 'ok')[]): Promise<void> => {
    for (const kind of kinds) {
      if (kind !== 'ok') turns.push({ error: new ModelError(kind, kind, { provider: 'acme' }) });
      await listen(watched.stream(REQUEST, new AbortController().signal));
    }
  };
  const failing = async (...kinds: ModelErrorKind[]): Promise<void> => {
    for (const kind of kinds) await expect(call(kind)).rejects.toMatchObject({ kind });
  };
  return { circuits, call, failing, circuit: circuits.of('acme', 'key-1'), pass: (ms: number) => void (now += ms) };
}

describe('a circuit', () => {
  it('opens for 30 s at the fifth fault of the vendor in a row, and again at the next one', async () => {
    const { circuit, failing, pass } = setUp();
    await failing('overloaded', 'server', 'network', 'timeout');
    expect(circuit.isOpen).toBe(false);
    await failing('stream_cut');
    expect(circuit.isOpen).toBe(true);
    pass(29_999);
    expect(circuit.isOpen).toBe(true);
    pass(1);
    expect(circuit.isOpen).toBe(false);
    await failing('server');
    expect(circuit.isOpen).toBe(true);
  });

  it('closes with an answer, also one that refuses', async () => {
    for (const answer of ['ok', 'bad_request', 'auth'] as const) {
      const { circuit, failing, call } = setUp();
      await failing('server', 'server', 'server', 'server');
      await call(answer).catch(() => undefined);
      await failing('server', 'server', 'server', 'server');
      expect(circuit.isOpen).toBe(false);
    }
  });

  it('does not count what says nothing about the vendor', async () => {
    const { circuit, failing } = setUp();
    await failing('server', 'server', 'rate_limit', 'server', 'aborted', 'server', 'rate_limit');
    expect(circuit.isOpen).toBe(false);
    await failing('server');
    expect(circuit.isOpen).toBe(true);
  });

  it('is one for each vendor and credential', async () => {
    const { circuits, failing } = setUp();
    await failing('server', 'server', 'server', 'server', 'server');
    expect([circuits.of('acme', 'key-1').isOpen, circuits.of('acme', 'key-2').isOpen, circuits.of('other', 'key-1').isOpen]).toEqual([true, false, false]);
  });

  it('is forgotten when nobody touched it for long', async () => {
    const { circuit, circuits, failing, pass } = setUp();
    await failing('server', 'server', 'server', 'server');
    pass(600_001);
    // A fault elsewhere sweeps.
    await expect(async () => {
      for await (const chunk of circuits.watch(new ScriptedProvider([{ error: new ModelError('server', '', { provider: 'b' }) }], 'b'), 'k').stream(REQUEST, new AbortController().signal)) void chunk;
    }).rejects.toThrow();
    await failing('server');
    expect(circuit.isOpen).toBe(false);
  });
});
