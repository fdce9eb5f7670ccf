import { callHash, canonicalJson, readKey } from './canonical';

const KEY = Buffer.alloc(32, 1);

describe('canonicalJson', () => {
  it('forgets the order of fields, not of lists', () => {
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: null }] })).toBe('{"a":[{"c":null,"d":1}],"b":1}');
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
    expect(canonicalJson({ a: undefined })).toBe('{"a":null}');
  });

  it('tells bodies apart that look alike', () => {
    const bodies = [{}, { a: null }, { a: '' }, { a: '1' }, { a: 1 }, { a: [1] }, { 'a":1,"b': 2 }, { a: 1, b: 2 }];
    expect(new Set(bodies.map((body) => callHash(KEY, 'o', body).toString('hex'))).size).toBe(bodies.length);
    expect(callHash(KEY, 'o', {}).equals(callHash(KEY, 'p', {}))).toBe(false);
    expect(callHash(KEY, 'o', {}).equals(callHash(Buffer.alloc(32, 2), 'o', {}))).toBe(false);
  });
});

describe('readKey', () => {
  it('takes 1 to 255 visible characters', () => {
    expect([readKey(undefined), readKey('k'), readKey('~'.repeat(255))]).toEqual([null, 'k', '~'.repeat(255)]);
    for (const bad of ['', 'a b', 'é', 'x'.repeat(256), 'a\tb', ['a', 'b']]) expect(() => readKey(bad)).toThrow('invalid_parameter');
  });
});
