import type { Part } from '../message';
import { assistant, call, result, user, type ContractHouse } from './contract-wire';

/** What a conversation may hold: whatever it is, the vendor takes it. */
export function historyContract(house: ContractHouse): void {
  const { wire } = house;

  describe('history', () => {
    it('is repaired: a call without a result gets one, a result without a call goes', async () => {
      house.play({ text: 'Going on.' });
      await house.ask([
        user('Look.'),
        { role: 'tool', parts: [result('never-called')] },
        { role: 'assistant', parts: [{ t: 'text', text: 'Both.' }, call('a1'), call('a2')] },
        { role: 'tool', parts: [result('a2'), result('a2', 'again'), result('stray')] },
        { role: 'assistant', parts: [call('b1')] },
        user('Never mind.'),
        { role: 'tool', parts: [result('b1', 'late')] },
        { role: 'assistant', parts: [call('c1')] },
      ]);
      expect(JSON.stringify(house.lastRequest().body)).toContain('late');
      house.expectAllAccepted(1);
    });

    it('of another vendor is understood: long ids, foreign thinking, marks', async () => {
      house.play({ text: 'Going on.' });
      const id = `fc_${'0123456789abcdef'.repeat(6)}|item:7`;
      const raw = { redacted: [0], reasoning: [{ type: 'reasoning', id: 'theirs', summary: [], encrypted_content: 'x' }], signed: [{ at: 0, isEmpty: true, sig: 'x' }] };
      const foreign = { provider: 'somebody', model: wire.model, raw };
      await house.ask([user('Look.'), { role: 'assistant', parts: [{ t: 'think', text: 'Hm.', sig: 'theirs' }, { ...call(id), sig: 'theirs' } as Part], origin: foreign }, { role: 'tool', parts: [result(id)] }, user('Go on.')]);
      expect(wire.thinkingIn(house.lastRequest().body)).toEqual([]);
      house.expectAllAccepted(1);
    });

    it('may hold empty texts, half characters and a last word of the model', async () => {
      house.play({ text: 'Fine.' }, { text: 'Fine.' });
      await house.ask([user('Cut \ud83d here'), assistant('  '), user('\n'), { role: 'assistant', parts: [{ t: 'think', text: 'only thought' }] }, user('So?'), assistant('As I said')], { system: '' });
      await house.ask([user('Look.'), { role: 'assistant', parts: [call('a1')] }, { role: 'tool', parts: [{ ...result('a1'), text: '', isError: true } as Part] }], { tools: [] });
      house.expectAllAccepted(2);
    });

    it('takes several texts in a row from either side', async () => {
      house.play({ text: 'Fine.' });
      await house.ask([user('One.'), user('Two.'), assistant('Yes.'), assistant('Well.'), { role: 'assistant', parts: [call('a1')] }, { role: 'tool', parts: [result('a1')] }, user('Three.')]);
      expect(JSON.stringify(house.lastRequest().body)).toMatch(/One\..*Two\..*Yes\..*Well\..*Three\./);
      house.expectAllAccepted(1);
    });
  });
}
