import fc from 'fast-check';
import { globToRegExp } from './glob-pattern';
import { printable } from './printable';
import { oneLine, shortened, tailOf } from './shorten';

describe('globs', () => {
  it.each([
    ['*.js', 'a.js', true], ['*.js', 'a/b.js', true], ['/*.js', 'a.js', true], ['src/*.js', 'src/a.js', true], ['src/*.js', 'src/b/a.js', false], ['src/**/*.js', 'src/a.js', true], ['src/**/*.js', 'src/b/c/a.js', true],
    ['**/*', 'a/b', true], ['**', 'a/b/c', true], ['docs/**', 'docs/a/b', true], ['docs/**', 'docs2/a', false], ['a.{md,txt}', 'x/a.txt', true], ['a.{md,txt}', 'a.rs', false], ['a?c', 'abc', true], ['a?c', 'a/c', false], ['a+b(1).js', 'a+b(1).js', true], ['.', 'a', false],
  ])('%s and %s: %s', (glob, path, matches) => {
    expect(globToRegExp(glob).test(path)).toBe(matches);
  });
});

/** Half a character does not survive UTF-8. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

describe('texts', () => {
  it('are shortened in the middle to about their limit, and never into half characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 20, max: 200 }), (text, characters) => {
      const short = shortened(text, { characters, headShare: 0.4 }, (n) => `[${n}]`);
      if (text.length <= characters) expect(short).toBeNull();
      else {
        expect(short!.length).toBeLessThanOrEqual(characters + 8);
        expect(isWellFormed(short!)).toBe(true);
        const leftOut = Number(/^\[(\d+)\]$/m.exec(short!)?.[1]);
        expect(leftOut).toBeGreaterThan(0);
        expect(leftOut).toBeLessThanOrEqual(text.length);
      }
      expect(tailOf(text, characters).length).toBeLessThanOrEqual(characters);
      expect(text.endsWith(tailOf(text, characters).replace(/^[\udc00-\udfff]/, ''))).toBe(true);
    }));
  });

  it('fit on one line', () => {
    expect(oneLine(' a\n b\t c ', 20)).toBe('a b c');
    expect(oneLine('one two three four', 12)).toBe('one two…');
    expect(oneLine('x'.repeat(30), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('are printable once and for all: storable, without control characters, and the same when cleaned again', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = printable(text);
      expect(isWellFormed(clean)).toBe(true);
      expect(clean).not.toContain('\0');
      expect(clean).not.toContain('\u001b');
      expect(printable(clean)).toBe(clean);
    }));
    expect(printable('a\ud800b')).toBe('a\ufffdb');
    expect(printable('tab\tand\nline\rreturn')).toBe('tab\tand\nline\rreturn');
  });

  it('hold no secret, in whatever form a program prints it', () => {
    const secret = 'hunter2/hunter+2"x';
    const secrets = [secret];
    const bytes = Buffer.from(secret);
    const printed = [
      secret, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), encodeURIComponent(secret), JSON.stringify(secret),
      ...['', 'a', 'ab', 'user:'].flatMap((before) => ['', 'z'].flatMap((after) => [Buffer.from(before + secret + after).toString('base64'), Buffer.from(before + secret + after).toString('base64url')])),
    ];
    for (const text of printed) {
      const shown = printable(`x ${text} y`, secrets);
      expect(shown).toContain('[redacted]');
      // What is left of base64 at the edges gives at most a character of the secret away.
      expect(shown.length).toBeLessThan('x [redacted] y'.length + 14);
    }
    expect(printable('nothing here', secrets)).toBe('nothing here');
  });
});
