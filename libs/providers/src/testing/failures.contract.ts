import { failure, listen, LONG, until, user, type ContractHouse } from './contract-wire';

const ANSWER = 'A long and thoughtful answer that nobody will hear to its end, however long they wait for it.';

/** What goes wrong: each thing by its kind, once, and with nothing left behind. */
export function failuresContract(house: ContractHouse): void {
  const { wire } = house;
  const { signal } = new AbortController();

  describe('failure', () => {
    it.each(wire.faults)('%s', async (_, fault, kind) => {
      house.peer.fault(fault);
      const error = await failure(house.ask([user('Hi.')]));
      expect(error.kind).toBe(kind);
      expect(error.facts.provider).toBe(house.provider.name);
      expect(error.facts.requestId).toBe(wire.namesRequests ? house.lastRequest().requestId : undefined);
      expect(error.message).not.toBe('');
    });

    it.each([
      ['retry-after-ms', { 'retry-after-ms': '1500' }, 1_500, 1_500],
      ['retry-after in seconds', { 'retry-after': '7' }, 7_000, 7_000],
      ['retry-after as a date', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }, 60_000, 90_000],
    ])('tells how long to wait: %s', async (_, headers, least, most) => {
      house.peer.fault({ status: 429, headers });
      const error = await failure(house.ask([user('Hi.')]));
      expect(error.kind).toBe('rate_limit');
      expect(error.facts.retryAfterMs).toBeGreaterThanOrEqual(least);
      expect(error.facts.retryAfterMs).toBeLessThanOrEqual(most);
    });

    it('is made once: no retry is hidden in the SDK', async () => {
      for (const status of [500, 503, 429]) {
        house.peer.reset();
        house.peer.fault({ status });
        await failure(house.ask([user('Hi.')]));
        expect(house.peer.requests()).toHaveLength(1);
      }
    });

    it('is auth for a wrong key, without quoting the key', async () => {
      const key = 'sk-ant-invalid-0123456789';
      const error = await failure(listen(wire.connect(house.peer.url, key).stream(house.request([user('Hi.')]), signal)));
      expect([error.kind, error.facts.status]).toEqual(['auth', wire.wrongKeyStatus]);
      expect(error.message).not.toContain(key);
    });

    it('is context_overflow for a prompt beyond the window, and for a window that fills up', async () => {
      house.peer.setContextWindow(1_000);
      expect((await failure(house.ask([user(LONG)]))).kind).toBe('context_overflow');
      house.peer.reset();
      house.play({ stop: 'window' });
      const error = await failure(house.ask([user('Hi.')]));
      expect(error.kind).toBe('context_overflow');
      expect(error.facts.usage?.inputTokens).toBeGreaterThan(0);
    });

    it('is network when the connection breaks before an answer, or cannot be made', async () => {
      house.peer.fault({ cutAfter: 0 });
      expect((await failure(house.ask([user('Hi.')]))).kind).toBe('network');
      const nowhere = wire.connect('http://127.0.0.1:9');
      expect((await failure(listen(nowhere.stream(house.request([user('Hi.')]), signal)))).kind).toBe('network');
    });

    it.each([['broken', { cutAfter: 3 }], ['ended without its closing events', { endAfter: 3 }]])('is stream_cut for an answer that is %s', async (_, fault) => {
      house.play({ text: ANSWER });
      house.peer.fault(fault);
      const error = await failure(house.ask([user('Hi.')]));
      expect(error.kind).toBe('stream_cut');
      if (wire.reportsUsageEarly) expect(error.facts.usage).toEqual({ ...house.lastRequest().usage, raw: expect.anything() as unknown });
      else expect(error.facts.usage).toBeUndefined();
    });

    it('is what the vendor says in the middle of a stream', async () => {
      house.play({ text: ANSWER });
      house.peer.fault({ ...wire.overload, errorAfter: 3 });
      expect((await failure(house.ask([user('Hi.')]))).kind).toBe('overloaded');
    });

    it('does not come from a stream that is only slow', async () => {
      house.play({ text: 'Slow, but whole.' });
      house.peer.fault({ chunkDelayMs: 15, delayMs: 40 });
      expect((await house.ask([user('Hi.')])).text).toBe('Slow, but whole.');
    });

    it('is aborted when we stop it, before the first byte and in the middle, and the vendor sees us go', async () => {
      house.play({ text: ANSWER }, { text: ANSWER });
      for (const fault of [{ delayMs: 30_000 }, { hangAfter: 4 }]) {
        house.peer.fault(fault);
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error('cancel')), 60);
        expect((await failure(listen(house.provider.stream(house.request([user('Hi.')]), stop.signal)))).kind).toBe('aborted');
      }
      await until(() => house.peer.requests().every(({ isAborted }) => isAborted));
      expect(house.peer.requests()).toHaveLength(2);
    });

    it('is aborted without a call when it was stopped before', async () => {
      expect((await failure(listen(house.provider.stream(house.request([user('Hi.')]), AbortSignal.abort())))).kind).toBe('aborted');
      expect(house.peer.requests()).toEqual([]);
    });

    it('leaves no connection behind when the listener walks away', async () => {
      house.play({ text: ANSWER });
      house.peer.fault({ hangAfter: 5 });
      for await (const chunk of house.provider.stream(house.request([user('Hi.')]), signal)) if (chunk.t === 'delta' && chunk.text !== '') break;
      await until(() => house.lastRequest().isAborted);
      expect(house.peer.requests()).toHaveLength(1);
    });
  });
}
