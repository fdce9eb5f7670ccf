import { watchFor } from '../support/secret-forms';

const SECRET = { name: 'the key', value: 'sk-ant-a+b/c=d ~0123456789' };

describe('the watch for secrets', () => {
  const look = watchFor([SECRET]);
  const bytes = Buffer.from(SECRET.value);
  const around = (before: string, after: string): Buffer => Buffer.from(`${before}${SECRET.value}${after}`);

  it.each([
    ['as it is', `Authorization: ${SECRET.value};`],
    ['in JSON', JSON.stringify({ key: SECRET.value })],
    ['in a URL', `https://example.com/?key=${encodeURIComponent(SECRET.value)}&a=b`],
    ['as hex', `\\x00${bytes.toString('hex')}ff`],
    ['as upper-case hex', bytes.toString('hex').toUpperCase()],
    ...['', 'a', 'ab', 'abc'].flatMap((before) => ['', 'x', 'xy'].map((after) => [`in base64 between "${before}" and "${after}"`, around(before, after).toString('base64')])),
    ['in base64url', around('u', ':p').toString('base64url')],
  ])('sees one %s', (_, text) => {
    expect(look(text)).toEqual(['the key']);
  });

  it('sees none where there is none', () => {
    expect(look(`${SECRET.value.slice(0, -1)} ${bytes.subarray(1).toString('hex')} ${Buffer.from('another').toString('base64')}`)).toEqual([]);
  });
});
