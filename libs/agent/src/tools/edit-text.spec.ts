import fc from 'fast-check';
import { applyEdit, type EditResult } from './edit-text';

function edit(content: string, old: string, fresh: string, replaceAll = false): EditResult {
  return applyEdit(content, { old, new: fresh, replaceAll });
}

function reasonOf(result: EditResult): string {
  return result.ok ? '' : result.reason;
}

describe('applyEdit', () => {
  it('replaces what occurs once', () => {
    expect(edit('a\nb\nc\n', 'b', 'B')).toEqual({ ok: true, content: 'a\nB\nc\n', replaced: 1, line: 2 });
    expect(edit('a\nb\n', 'b\n', '')).toMatchObject({ content: 'a\n' });
  });

  it('takes the new text as it is', () => {
    expect(edit('price', 'price', '$& $1 $$')).toMatchObject({ content: '$& $1 $$' });
  });

  it('refuses what occurs more often, and says where', () => {
    expect(reasonOf(edit('x\ny\nx\nx\n', 'x', 'z'))).toBe('"old" matches 3 times, at lines 1, 3, 4; add lines around it until it is unique, or set replaceAll');
    expect(edit('x\ny\nx\n', 'x', 'zz', true)).toMatchObject({ content: 'zz\ny\nzz\n', replaced: 2 });
  });

  it('refuses an edit that says nothing', () => {
    expect(reasonOf(edit('a', '', 'b'))).toContain('"old" is empty');
    expect(reasonOf(edit('a', 'a', 'a'))).toContain('nothing would change');
  });

  it('does not mind line ends and spaces at line ends', () => {
    expect(edit('one\r\ntwo\r\nthree\r\n', 'one\ntwo', 'ONE\nTWO\nand')).toMatchObject({ content: 'ONE\r\nTWO\r\nand\r\nthree\r\n' });
    expect(edit('if (a) {  \n  b();\t\n}\n', 'if (a) {\n  b();\n}', 'c();')).toMatchObject({ content: 'c();\n' });
    expect(edit('a\nb\n', 'a  \nb', 'c')).toMatchObject({ content: 'c\n' });
  });

  it('never takes what only looks alike', () => {
    for (const old of ['const a = 1', ' const b = 1;', 'const  b = 1;', 'Const b = 1;']) expect(edit('const b = 1;\n', old, 'x').ok).toBe(false);
  });

  it('shows the nearest lines when it finds nothing', () => {
    const content = Array.from({ length: 60 }, (_none, n) => (n === 40 ? 'function mend(thing) {' : n === 41 ? '  return thing.whole;' : `line ${n}`)).join('\n');
    const reason = reasonOf(edit(content, 'function mend(thing) {\n  return thing.part;\n}', 'x'));
    expect(reason).toContain('nearest: lines 41-43:');
    expect(reason).toContain('   42\t  return thing.whole;');
    expect(reasonOf(edit('abc', 'something else entirely', 'x'))).toContain('read the file again');
  });

  it('finds its hint in time in a large file', () => {
    const content = Array.from({ length: 40_000 }, (_none, n) => `  const value${n % 50} = ${n};`).join('\n');
    const began = performance.now();
    expect(reasonOf(edit(content, Array.from({ length: 2_000 }, (_none, n) => `  const value${n % 50} = other;`).join('\n'), 'x'))).toContain('nearest: lines');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('changes the found place and nothing else', () => {
    const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '\r\n', 'c'), { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(fc.property(text, text, fc.string(), (before, after, fresh) => {
      const old = '<<unique>>';
      const result = edit(before + old + after, old, fresh.replace(/[\r\n]/g, ''));
      expect(result).toMatchObject({ ok: true, content: before + fresh.replace(/[\r\n]/g, '') + after });
    }));
  });
});
