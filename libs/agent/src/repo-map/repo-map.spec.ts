import fc from 'fast-check';
import { MemoryTree } from '../testing/memory-tree';
import type { FileTags } from '../workspace';
import { Focus } from './focus';
import { rankDefinitions } from './rank-definitions';
import { repoMap } from './repo-map';
import { chooseFiles, isTestFile } from './source-files';

const FILES: Readonly<Record<string, string>> = {
  'src/money.ts': 'export class Money {\n}\nexport function addMoney(a, b) {\n  return new Money(a, b);\n}\n',
  'src/cart.ts': 'import { addMoney, Money } from "./money";\nexport class Cart {\n}\nexport function total(cart) {\n  return addMoney(cart, new Money(1));\n}\n',
  'src/order.ts': 'import { addMoney } from "./money";\nimport { total } from "./cart";\nexport function placeOrder(cart) {\n  return addMoney(total(cart), total(cart));\n}\n',
  'src/lonely.ts': 'export function lonelyHelper() {\n}\n',
  'test/cart.test.ts': 'import { total } from "../src/cart";\nfunction checkTotal() {\n  total(1);\n}\n',
  'node_modules/x/index.js': 'export function foreign() {\n}\n',
  'README.md': '# Money\n',
};

const never = new AbortController().signal;

function mapOf(text: string, maxTokens = 1_000, files = FILES): Promise<string | null> {
  return repoMap(new MemoryTree(new Map(Object.entries(files))), { text, maxTokens, signal: never });
}

function tags(path: string, definitions: readonly string[], references: readonly string[] = []): FileTags {
  return { path, definitions: definitions.map((name, n) => ({ name, kind: 'function', line: n + 1, text: `function ${name}() {` })), references: references.map((name) => [name, 1] as const) };
}

describe('the map of a repository', () => {
  it('shows the most used definitions with path and line, and nobody else\'s code', async () => {
    const map = await mapOf('');
    expect(map?.startsWith('src/money.ts\n    1\texport class Money {\n    3\texport function addMoney(a, b) {\n')).toBe(true);
    expect(map).toContain('src/cart.ts\n    2\texport class Cart {');
    expect(map).not.toContain('foreign');
    expect(map).not.toContain('README');
  });

  it('is seen from what the words are about', async () => {
    for (const words of ['lonelyHelper is wrong', 'look at src/lonely.ts', 'the lonely file']) expect((await mapOf(words))?.startsWith('src/lonely.ts')).toBe(true);
    expect((await mapOf('Orders: change placeOrder'))?.startsWith('src/order.ts')).toBe(true);
  });

  it('takes no more room than it is given, and says what it leaves out', async () => {
    const small = await mapOf('', 40);
    expect(small!.length).toBeLessThan(40 * 3 + 60);
    expect(small).toMatch(/\[\d more source files are not shown\]$/);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_none, n) => [`src/f${n}.js`, Array.from({ length: 30 }, (_no, m) => `export function name${n}x${m}() {`).join('\n')]));
    const map = await mapOf('', 1_500, many);
    expect(map!.length).toBeLessThan(1_500 * 3 + 60);
    expect(Math.max(...map!.split(/\n(?=src)/).map((block) => block.split('\n').length))).toBeLessThanOrEqual(14);
  });

  it('is nothing where nothing can be mapped', async () => {
    expect(await mapOf('x', 1_000, { 'README.md': '# x\n' })).toBeNull();
    expect(await mapOf('x', 1_000, {})).toBeNull();
    expect(await repoMap(new MemoryTree(new Map(Object.entries(FILES))), { text: '', folder: 'src/nowhere', maxTokens: 100, signal: never })).toBeNull();
  });

  it('can be of one folder', async () => {
    const map = await repoMap(new MemoryTree(new Map(Object.entries(FILES))), { text: '', folder: 'test', maxTokens: 1_000, signal: never });
    expect(map).toBe('test/cart.test.ts\n    2\tfunction checkTotal() {');
  });
});

describe('the ranking', () => {
  it('is the same for the same files, in whatever order, and loses no definition', () => {
    const names = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', '__proto__', 'toString', 'hasOwnProperty');
    const file = fc.record({ definitions: fc.array(names, { maxLength: 4 }), references: fc.uniqueArray(names, { maxLength: 5 }) });
    fc.assert(fc.property(fc.array(file, { maxLength: 8 }), (shapes) => {
      const files = shapes.map(({ definitions, references }, n) => tags(`f${n}.js`, definitions, references));
      const ranked = rankDefinitions(files, new Focus('alpha f1.js'));
      expect(ranked).toHaveLength(files.flatMap(({ definitions }) => definitions).length);
      for (const { rank } of ranked) expect(rank).toBeGreaterThanOrEqual(0);
      const turned = rankDefinitions([...files].reverse(), new Focus('alpha f1.js'));
      const round = (list: typeof ranked): string[] => list.map(({ path, definition, rank }) => `${path} ${definition.line} ${rank.toFixed(9)}`).sort();
      expect(round(turned)).toEqual(round(ranked));
    }));
  });

  it('is done in time for a large repository', () => {
    const files = Array.from({ length: 1_500 }, (_none, n) => tags(`src/f${n}.js`, Array.from({ length: 20 }, (_no, m) => `name${n}x${m}`), Array.from({ length: 200 }, (_no, m) => `name${(n * 7 + m * 13) % 1_500}x${m % 20}`)));
    const began = performance.now();
    expect(rankDefinitions(files, new Focus('name3x3'))[0]?.definition.name).toBe('name3x3');
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('does not name what every class has', () => {
    expect(rankDefinitions([tags('a.py', ['__init__', 'work'])], new Focus('')).map(({ definition }) => definition.name)).toEqual(['work']);
  });
});

describe('the files of a map', () => {
  it('are the code itself first, when there are too many', () => {
    const paths = ['a/b/c/deep.ts', 'test/x.test.ts', 'src/main.ts', 'src/app.min.js', 'vendor/lib.ts', 'examples/demo.ts'];
    expect(chooseFiles(paths, () => false, 10)).toEqual(['a/b/c/deep.ts', 'test/x.test.ts', 'src/main.ts', 'examples/demo.ts']);
    expect(chooseFiles(paths, () => false, 2)).toEqual(['src/main.ts', 'a/b/c/deep.ts']);
    expect(chooseFiles(paths, (path) => path.includes('demo'), 1)).toEqual(['examples/demo.ts']);
    expect(['src/test_x.py', 'a.spec.ts', 'tests/a.rb', 'spec/a.rb'].every(isTestFile)).toBe(true);
    expect(['src/testing.ts', 'src/contest.py', 'latest/a.ts'].some(isTestFile)).toBe(false);
  });
});
