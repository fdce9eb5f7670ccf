import { joinOutput, parseRunReply } from './exec-output';
import { expandBraces, pathspecs } from './pathspec';
import { checkEntries, checkSlice, matchesOf } from './tool-answers';

describe('pathspecs', () => {
  it.each([
    ['*.ts', undefined, [':(glob)**/*.ts']],
    ['src/*.ts', undefined, [':(glob)src/*.ts']],
    ['/src/**', undefined, [':(glob)src/**']],
    ['*.{ts,js}', 'lib/', [':(glob)lib/**/*.ts', ':(glob)lib/**/*.js']],
    [undefined, './a[1]', [':(glob)a\\[1\\]', ':(glob)a\\[1\\]/**']],
    [undefined, '.', []],
    [undefined, undefined, []],
  ])('%s in %s', (glob, folder, expected) => expect(pathspecs(glob, folder)).toEqual(expected));

  it('spells braces out, nested too, and never explodes', () => {
    expect(expandBraces('a{b,c{d,e}}f')).toEqual(['abf', 'acdf', 'acef']);
    expect(expandBraces('{a')).toEqual(['{a']);
    expect(expandBraces('{a,b}'.repeat(30)).length).toBeLessThanOrEqual(64);
  });
});

describe('answers of the sandbox', () => {
  const hash = 'a'.repeat(64);

  it('are looked at field by field', () => {
    expect(checkSlice({ hash, totalLines: 1, fromLine: 1, lines: ['x'], truncated: false }, 5)).toMatchObject({ lines: ['x'] });
    for (const wrong of [null, 'x', [], {}, { hash: 'x', totalLines: 1, fromLine: 1, lines: [], truncated: false }, { hash, totalLines: -1, fromLine: 1, lines: [], truncated: false }, { hash, totalLines: 1, fromLine: 1, lines: [1], truncated: false }]) {
      expect(() => checkSlice(wrong, 5)).toThrow('makes no sense');
    }
    expect(() => checkSlice({ hash, totalLines: 9, fromLine: 1, lines: ['a', 'b'], truncated: false }, 1)).toThrow('makes no sense');
    expect(() => checkEntries([{ path: 'a', kind: 'socket', sizeBytes: 1 }], 5)).toThrow('makes no sense');
    expect(parseRunReply({ exitCode: 1.5, outputBytes: 0, tail: '', killed: null, durationMs: 1 })).toBeNull();
    expect(parseRunReply({ exitCode: 0, outputBytes: 0, tail: '', killed: 'whatever', durationMs: 1 })).toBeNull();
  });

  it('are cut to what was asked for', () => {
    expect(matchesOf('a\x001\x00x\nb\x002\x00y\nc\x003\x00cut', 10)).toEqual([{ path: 'a', line: 1, text: 'x' }, { path: 'b', line: 2, text: 'y' }]);
    expect(joinOutput([Buffer.from('abc')], Buffer.from('xyz'), 1_000, 5)).toBe('abcxy');
    expect(joinOutput([Buffer.from('abc')], Buffer.from('xyz'), 1_000, 1_000)).toBe('abc\n[... 994 bytes left out ...]\nxyz');
  });
});
