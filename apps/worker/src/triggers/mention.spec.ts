import { isForOthers, mentionOf } from './mention';

it.each([
  '@async-coder fix this', 'Please, @Async-Coder: fix this', '(@async-coder)', 'a\n@async-coder', '@async-coder[bot] fix', '@async-coder.', 'x\n> quoted\n@async-coder go', '```\ncode\n```\n@async-coder go',
])('hears %j', (text) => expect(mentionOf(text, 'async-coder')).not.toBeNull());

it.each([
  'async-coder fix this', '@async-coder-bot fix', '@async-coders', 'me@async-coder', 'x/@async-coder', '@async-coder/team go', '> @async-coder fix', 'a\n  > @async-coder fix', '`@async-coder`', '```\n@async-coder fix\n```',
  '~~~\n@async-coder\n~~~', '```\n@async-coder, and never closed', '<!-- @async-coder -->', '<!-- @async-coder', '@my@async-coder', '@async-coder[bot][bot]', '',
])('does not hear %j', (text) => expect(mentionOf(text, 'async-coder')).toBeNull());

it.each(['@async-coder stop', '@async-coder STOP!', 'please stop @async-coder', '@async-coder please stop.', '@async-coder\nstop', '@async-coder stop please'])('stops for %j', (text) => expect(mentionOf(text, 'async-coder')?.stops).toBe(true));
it.each(['@async-coder stop using var', '@async-coder do not stop', '@async-coder nonstop', '@async-coder', '> stop\n@async-coder go'])('does not stop for %j', (text) => expect(mentionOf(text, 'async-coder')?.stops).toBe(false));

it('keeps the words besides the mention, with their code', () => {
  expect(mentionOf('@async-coder use `x`, @bob agrees', 'async-coder')?.text).toBe('use `x`, @bob agrees');
});

it('takes a name with any characters as it is', () => {
  expect(mentionOf('@axb hi', 'a.b')).toBeNull();
  expect(mentionOf('@a.b hi', 'a.b')).not.toBeNull();
});

it('knows what is addressed to others', () => {
  expect(['@bob look', ' @acme/team look', 'hm @bob', '@async-coder x', 'ok'].map((text) => isForOthers(text, 'async-coder'))).toEqual([true, true, false, false, false]);
});

it('does not take long', () => {
  expect(mentionOf('`'.repeat(30_000) + '>'.repeat(30_000), 'async-coder')).toBeNull();
});
