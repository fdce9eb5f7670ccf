import type { ModelMessage } from '../message';
import { LONG, result, resultsFor, stored, user, type ContractHouse } from './contract-wire';

/** What an answer holds: text, calls, thinking, usage. */
export function answersContract(house: ContractHouse): void {
  const { wire } = house;

  describe('an answer', () => {
    it('streams text and ends once, with the message, its origin and an id', async () => {
      house.play({ text: 'It is done, and it took four steps.' });
      const { text, end } = await house.ask([user('Do it.')]);
      expect(text).toBe('It is done, and it took four steps.');
      expect(end.message).toEqual({ role: 'assistant', parts: [{ t: 'text', text }], origin: { provider: house.provider.name, model: wire.model } });
      expect(end.stop).toBe('stop');
      expect(end.responseId).toMatch(/\w{8}/);
    });

    it('carries parallel calls in order, and takes their results back', async () => {
      house.play({ text: 'Two at once.', calls: [{ name: 'read', args: { path: 'ä/ü.txt' } }, { name: 'bash', args: { command: 'echo "hi"\n' } }, { name: 'bash' }] }, { text: 'Seen.' });
      const first = await house.ask([user('Look.')]);
      const calls = first.end.message.parts.filter((part) => part.t === 'call');
      expect(first.end.stop).toBe('tool');
      expect(calls.map(({ name: tool, args }) => [tool, args])).toEqual([['read', { path: 'ä/ü.txt' }], ['bash', { command: 'echo "hi"\n' }], ['bash', {}]]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
      const results: ModelMessage = { role: 'tool', parts: calls.map(({ id, name: tool }) => result(id, `of ${tool}`, tool)) };
      expect((await house.ask([user('Look.'), first.end.message, results])).text).toBe('Seen.');
      house.expectAllAccepted(2);
    });

    it('gives calls that nobody can read as text with their fault, or not at all, and survives sending them back', async () => {
      house.play({ calls: [{ name: 'read', rawArgs: '{"path": "a.txt' }, { name: 'read', rawArgs: '["a.txt"]' }] }, { text: 'Sorry.' });
      const { message, stop } = (await house.ask([user('Look.')])).end;
      const calls = message.parts.filter((part) => part.t === 'call');
      const unreadable = ['{"path": "a.txt', '["a.txt"]'];
      const faults = [expect.stringContaining('not valid JSON') as unknown, expect.stringContaining('must be a JSON object') as unknown];
      expect(calls.map(({ args }) => args)).toEqual(wire.hasTextArguments ? unreadable : []);
      expect(calls.map(({ argsError }) => argsError)).toEqual(wire.hasTextArguments ? faults : []);
      expect(stop).toBe(wire.hasTextArguments ? 'tool' : 'stop');
      await house.ask([user('Look.'), message, resultsFor(message), user('Again?')]);
      house.expectAllAccepted(2);
    });

    it('says when it was cut at the limit, and when the model refused', async () => {
      house.play({ text: 'word '.repeat(100) }, { text: 'I cannot.', stop: 'refusal' });
      const cut = await house.ask([user('Talk.')], { maxTokens: 20 });
      expect([cut.end.stop, cut.end.usage.outputTokens]).toEqual(['length', 20]);
      expect((await house.ask([user('Harm.')])).end.stop).toBe('refusal');
    });

    it('survives characters and JSON that are split between packets', async () => {
      const text = 'Grüße, 世界 👩‍👩‍👧 — ende';
      house.play({ text, calls: [{ name: 'read', args: { path: 'ß/𝒳/"\\.txt' } }] });
      house.peer.fault({ chunkBytes: 1 });
      const { text: heard, end } = await house.ask([user('Tell.')]);
      expect(heard).toBe(text);
      expect(end.message.parts).toMatchObject([{ t: 'text', text }, { t: 'call', args: { path: 'ß/𝒳/"\\.txt' } }]);
    });
  });

  describe('thinking', () => {
    it('is shown, kept apart from the text, and goes back unchanged to the model that had it', async () => {
      house.play({ thinking: 'First I look — 思考.', text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.' });
      const first = await house.ask([user('Look.')]);
      expect([first.think, first.text]).toEqual(['First I look — 思考.', 'Looking.']);
      expect(first.end.message.parts[0]).toMatchObject({ t: 'think', text: 'First I look — 思考.' });
      expect(first.end.usage.reasoningTokens).toBeGreaterThan(0);
      const message = stored(first.end.message);
      await house.ask([user('Look.'), message, resultsFor(message)]);
      expect(wire.thinkingIn(house.lastRequest().body)).toEqual(['First I look — 思考.']);
      house.expectAllAccepted(2);
    });

    it('goes back with a text as well, turn after turn', async () => {
      house.play({ thinking: 'One.', text: 'First.' }, { thinking: 'Two.', text: 'Second.' }, { text: 'Third.' });
      const first = stored((await house.ask([user('1')])).end.message);
      const second = stored((await house.ask([user('1'), first, user('2')])).end.message);
      await house.ask([user('1'), first, user('2'), second, user('3')]);
      expect(wire.thinkingIn(house.lastRequest().body)).toEqual(['One.', 'Two.']);
      house.expectAllAccepted(3);
    });

    it('stays away from another model', async () => {
      house.play({ thinking: 'Hm.', text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.' });
      const first = await house.ask([user('Look.')]);
      await house.ask([user('Look.'), first.end.message, resultsFor(first.end.message)], { model: wire.otherModel });
      expect(wire.thinkingIn(house.lastRequest().body)).toEqual([]);
      house.expectAllAccepted(2);
    });
  });

  describe('usage', () => {
    it('is what the vendor counted, in disjoint parts, through a growing conversation', async () => {
      house.play({ thinking: 'Hm.', text: 'One.' }, { text: 'Two.' });
      const history = [user(LONG), user('First.')];
      const first = await house.ask(history);
      const second = await house.ask([...history, first.end.message, user('Second.')]);
      for (const [n, { end }] of [first, second].entries()) expect(end.usage).toEqual({ ...house.peer.requests()[n]?.usage, raw: expect.anything() as unknown });
      expect(first.end.usage).toMatchObject({ cacheReadTokens: 0, reasoningTokens: 1 });
      if (wire.countsCacheWrites) expect(first.end.usage.cacheWriteShortTokens).toBeGreaterThan(1_000);
      else expect(first.end.usage).toMatchObject({ cacheWriteShortTokens: 0, cacheWriteLongTokens: 0 });
      expect(second.end.usage.cacheReadTokens).toBeGreaterThan(1_000);
      expect(second.end.usage.inputTokens).toBeGreaterThan(0);
    });

    it('finds its cache because a request begins with the one before it, up to where that was kept', async () => {
      house.play({ thinking: 'Hm.', text: 'Looking.', calls: [{ name: 'read', args: { path: 'a' } }] }, { text: 'Seen.', calls: [{ name: 'bash', args: { command: 'ls' } }] }, { text: 'Done.' });
      const history: ModelMessage[] = [user(LONG)];
      for (let turn = 0; turn < 3; turn++) {
        const { end } = await house.ask(history);
        history.push(end.message, ...(turn < 2 ? [resultsFor(end.message)] : []), ...(turn === 0 ? [user('And?')] : []));
      }
      const bodies = house.peer.requests().map(({ body }) => body);
      for (const [n, body] of bodies.slice(0, -1).entries()) {
        const before = wire.promptOf(body);
        const kept = wire.cachedPartsOf?.(body) ?? before.length;
        expect(kept).toBeGreaterThan(0);
        expect(wire.promptOf(bodies[n + 1]).slice(0, kept)).toEqual(before.slice(0, kept));
        expect(wire.promptOf(bodies[n + 1]).length).toBeGreaterThan(before.length);
      }
      expect(house.peer.requests().slice(1).map(({ usage }) => (usage?.cacheReadTokens ?? 0) > 1_000)).toEqual([true, true]);
    });
  });
}
