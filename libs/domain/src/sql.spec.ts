import fc from 'fast-check';
import { storableJson, storableText } from './sql';

describe('storable text and JSON', () => {
  it('replaces NUL and lone surrogates, and nothing else', () => {
    expect(storableText('a\0b\ud800c😀')).toBe('a\ufffdb\ufffdc😀');
    expect(JSON.parse(storableJson({ 'k\0': 'v\udc00', path: 'C:\\u0000', esc: '\\\0' }))).toEqual({ 'k\ufffd': 'v\ufffd', path: 'C:\\u0000', esc: '\\\ufffd' });
    expect(storableJson({ fence: 9007199254740993n })).toBe('{"fence":"9007199254740993"}');
  });

  it('keeps any other value as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const clean = JSON.stringify(value);
        fc.pre(!/\\u(0000|d[89a-f])/i.test(clean));
        expect(storableJson(value)).toBe(clean);
      }),
    );
  });

  it('always gives JSON without NUL and lone surrogates', () => {
    const anyText = fc.array(fc.constantFrom('\0', '\ud800', '\udfff', '\\', 'u0000', 'ud800', '"', 'a', '\n', '😀'), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(anyText, anyText, (key, text) => {
        const back = JSON.parse(storableJson({ [key]: [text] })) as Record<string, string[]>;
        expect(back).toEqual({ [storableText(key)]: [storableText(text)] });
      }),
    );
  });
});
