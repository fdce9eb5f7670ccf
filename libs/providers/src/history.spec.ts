import { repairHistory, textOf, withoutThinking } from './history';
import type { ModelMessage, Part } from './message';

const user = (text: string): ModelMessage => ({ role: 'user', parts: [{ t: 'text', text }] });
const calls = (...ids: string[]): ModelMessage => ({ role: 'assistant', parts: ids.map((id): Part => ({ t: 'call', id, name: 'read', args: {} })) });
const results = (...ids: string[]): ModelMessage => ({ role: 'tool', parts: ids.map((id): Part => ({ t: 'result', id, name: 'read', text: `of ${id}`, isError: false })) });
const shape = (messages: readonly ModelMessage[]): string[] => messages.map(({ role, parts }) => `${role}:${parts.map((part) => (part.t === 'result' ? `${part.id}${part.isError ? '!' : ''}` : part.t === 'call' ? part.id : part.t)).join(',')}`);

describe('repairHistory', () => {
  it('leaves a sound history as it is, the same objects', () => {
    const sound = [user('a'), calls('1', '2'), results('1', '2'), user('b'), calls('3'), results('3')];
    const repaired = repairHistory(sound);
    expect(repaired).toHaveLength(sound.length);
    repaired.forEach((message, n) => expect(message).toBe(sound[n]));
  });

  it.each<[string, ModelMessage[], string[]]>([
    ['makes up a missing result', [calls('1', '2'), results('2')], ['assistant:1,2', 'tool:1!,2']],
    ['makes up all of them at the end', [user('a'), calls('1')], ['user:text', 'assistant:1', 'tool:1!']],
    ['drops results without a call', [results('0'), calls('1'), results('1', '9')], ['assistant:1', 'tool:1']],
    ['keeps the first of two results', [calls('1'), results('1', '1')], ['assistant:1', 'tool:1']],
    ['brings results into the order of the calls, from several messages', [calls('1', '2'), results('2'), results('1')], ['assistant:1,2', 'tool:1,2']],
    ['finds a result behind the user\'s text', [calls('1'), user('wait'), results('1')], ['assistant:1', 'tool:1', 'user:text']],
    ['does not look beyond the model\'s next turn', [calls('1'), calls('2'), results('1', '2')], ['assistant:1', 'tool:1!', 'assistant:2', 'tool:2']],
  ])('%s', (_, broken, expected) => {
    expect(shape(repairHistory(broken))).toEqual(expected);
  });

  it('gives the same for what it gave', () => {
    const once = repairHistory([calls('1', '2'), user('x'), results('2'), calls('3')]);
    expect(repairHistory(once)).toEqual(once);
  });
});

describe('withoutThinking', () => {
  it('drops thinking and the vendor\'s marks, and nothing else', () => {
    const turn: ModelMessage = { role: 'assistant', parts: [{ t: 'think', text: 'hm', sig: 's' }, { t: 'text', text: 'yes' }], origin: { provider: 'p', model: 'm', raw: { redacted: [0] } } };
    expect(withoutThinking([turn])).toEqual([{ role: 'assistant', parts: [{ t: 'text', text: 'yes' }] }]);
    expect(textOf(turn)).toBe('yes');
  });
});
