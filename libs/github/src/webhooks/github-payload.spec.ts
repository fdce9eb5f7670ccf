import { readGithubPayload } from './github-payload';

const read = (text: string) => readGithubPayload(Buffer.from(text))!;

describe('readGithubPayload', () => {
  it('keeps ids that do not fit a double', () => {
    const payload = read('{"a":{"id":9007199254740993},"b":{"id":123},"c":{"id":"77"},"text":"id: 9007199254740993","ids":[9223372036854775807,9223372036854775808]}');
    expect([payload.id('a', 'id'), payload.id('b', 'id'), payload.id('c', 'id')]).toEqual(['9007199254740993', '123', '77']);
    expect(payload.text('text')).toBe('id: 9007199254740993');
    expect(payload.raw('ids')).toEqual([9223372036854775807n, 9223372036854775808n]);
  });

  it('reads a form as well', () => {
    expect(read(`payload=${encodeURIComponent('{"zen":"a & b"}')}`).text('zen')).toBe('a & b');
  });

  it.each(['', '{', '[]', 'null', '"text"', '7', 'payload=', 'payload=%7B', 'a=1'])('takes %p for no payload', (text) => {
    expect(readGithubPayload(Buffer.from(text))).toBeNull();
  });
});

describe('GithubPayload', () => {
  const payload = read('{"n":1.5,"big":3000000000,"neg":-1,"t":"2026-01-02T03:04:05Z","s":1557933657,"bad":"yesterday","far":"+012345-01-01T00:00:00Z","list":[{"a":1},2,null],"texts":["a",1],"none":null,"o":{"__proto__":{"x":1}}}');

  it('takes what is missing, or of another type, for nothing', () => {
    expect([payload.text('n'), payload.text('none'), payload.text('x', 'y', 'z'), payload.integer('n'), payload.integer('big'), payload.flag('n'), payload.id('neg'), payload.id('n')]).toEqual(Array.from({ length: 8 }, () => null));
    expect([payload.has('none'), payload.has('n'), payload.mentions('none'), payload.mentions('gone'), payload.has('constructor')]).toEqual([false, true, true, false, false]);
    expect(payload.at('x', 'y').text('z')).toBeNull();
  });

  it('reads times in both of GitHub’s forms', () => {
    expect([payload.time('t')?.toISOString(), payload.time('s')?.toISOString()]).toEqual(['2026-01-02T03:04:05.000Z', '2019-05-15T15:20:57.000Z']);
    expect([payload.time('bad'), payload.time('far'), payload.time('none')]).toEqual([null, null, null]);
  });

  it('reads lists', () => {
    expect(payload.list('list').map((item) => item.integer('a'))).toEqual([1]);
    expect([payload.texts('texts'), payload.list('n'), payload.texts('n')]).toEqual([['a'], [], []]);
  });
});
