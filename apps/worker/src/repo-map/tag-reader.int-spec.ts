import { Logger, type AppConfig } from '@app/common';
import { repoMap, SOURCE_EXTENSIONS } from '@app/agent';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Bubblewrap } from '../sandbox/bubblewrap';
import { SandboxUsers, type SandboxUser } from '../sandbox/sandbox-users';
import { Toolbox } from '../sandbox/toolbox';
import { makeBox, type Box } from '../workspace/checkout';
import { never, WorkspaceFixture } from '../workspace/testing/workspace-fixture';
import { LANGUAGES, languageOf } from './languages';
import { TagReader, type TagCache } from './tag-reader';

jest.setTimeout(120_000);

/** A source file of each language, with the names that are found in it. */
const SAMPLES: Readonly<Record<string, readonly [source: string, ...names: string[]]>> = {
  'a.js': ['export class Cart {\n  add(item) { return price(item); }\n}\nconst total = (cart) => cart;\nfunction price() {}\nexports.late = function () {};\nconst LIMIT = 3;\n', 'Cart', 'add', 'total', 'price', 'late', 'LIMIT'],
  'a.ts': ['export interface Shape { area(): number }\nexport type Id = string;\nenum Color { Red }\nabstract class Base { abstract run(): void }\nexport const make = (): Shape => ({ area: () => 1 });\nnamespace Inner { export function deep() {} }\n', 'Shape', 'area', 'Id', 'Color', 'Base', 'run', 'make', 'Inner', 'deep'],
  'a.tsx': ['export function View(props: { title: string }) {\n  return <b>{props.title}</b>;\n}\n', 'View'],
  'a.py': ['LIMIT = 3\nclass Cart:\n    def add(self, item):\n        return price(item)\n\nasync def price(item):\n    pass\n', 'LIMIT', 'Cart', 'add', 'price'],
  'a.go': ['package a\n\ntype Cart struct{}\n\nfunc (c *Cart) Add(n int) int { return Price(n) }\n\nfunc Price(n int) int { return n }\n\nconst Limit = 3\n', 'Cart', 'Add', 'Price', 'Limit'],
  'a.rs': ['pub struct Cart {}\npub trait Sum { fn sum(&self) -> u32; }\nimpl Cart { pub fn add(&self) {} }\nenum Kind { A }\nmod inner {}\nmacro_rules! shout { () => {} }\n', 'Cart', 'Sum', 'sum', 'add', 'Kind', 'inner', 'shout'],
  'a.java': ['public class Cart {\n  Cart() {}\n  int add(int n) { return n; }\n}\ninterface Sum {}\nenum Kind { A }\nrecord Pair(int a, int b) {}\n', 'Cart', 'add', 'Sum', 'Kind', 'Pair'],
  'a.rb': ['module Shop\n  class Cart\n    LIMIT = 3\n    def add(item)\n    end\n    def self.make\n    end\n  end\nend\n', 'Shop', 'Cart', 'LIMIT', 'add', 'make'],
  'a.php': ['<?php\nclass Cart {\n  const LIMIT = 3;\n  function add($n) { return price($n); }\n}\ninterface Sum {}\nfunction price($n) { return $n; }\n', 'Cart', 'LIMIT', 'add', 'Sum', 'price'],
  'a.cs': ['class Cart {\n  public int Total { get; set; }\n  int Add(int n) { return n; }\n}\ninterface ISum {}\nenum Kind { A }\nrecord Pair(int A);\n', 'Cart', 'Total', 'Add', 'ISum', 'Kind', 'Pair'],
  'a.c': ['#define LIMIT 3\nstruct cart { int n; };\ntypedef int number;\nint add(int n) { return n; }\nchar *name(void) { return 0; }\n', 'LIMIT', 'cart', 'number', 'add', 'name'],
  'a.cpp': ['namespace shop {\nclass Cart {\npublic:\n  int add(int n);\n};\nint Cart::add(int n) { return n; }\n}\n', 'shop', 'Cart', 'add'],
  'a.sh': ['build() {\n  echo hi\n}\nbuild\n', 'build'],
};

describe('names of source files', () => {
  let folder: string;
  let user: SandboxUser;
  let box: Box;
  let reader: TagReader;
  const cache: TagCache = new Map();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tags-test-'));
    const config = { worker: { WORKER_DATA_DIR: join(folder, 'data'), SANDBOX_MEMORY_MB: 2_048, SANDBOX_DISK_MB: 512, SANDBOX_PROCESSES: 128 } } as unknown as AppConfig;
    const logger = Logger.create('silent', 'test');
    reader = new TagReader(new Bubblewrap(config, new Toolbox(config), logger), logger);
    user = await new SandboxUsers().acquire();
    await mkdir(join(folder, 'data'), { recursive: true });
    box = { folder: join(folder, 'data', 'box'), identity: user.identity, seed: folder, recordFolder: folder };
    await chmod(folder, 0o711);
    await makeBox(box);
  });
  afterAll(async () => {
    await user.release();
    await rm(folder, { recursive: true, force: true });
  });

  async function put(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(box.folder, 'repo', path)), { recursive: true });
      await writeFile(join(box.folder, 'repo', path), content);
    }
  }

  it('are found in every language of the map', async () => {
    await put(Object.fromEntries(Object.entries(SAMPLES).map(([path, [source]]) => [path, source])));
    const tags = await reader.of(box, cache)(Object.keys(SAMPLES), never);
    expect(Object.fromEntries(tags.map(({ path, definitions }) => [path, [...new Set(definitions.map(({ name }) => name))]]))).toEqual(Object.fromEntries(Object.entries(SAMPLES).map(([path, [, ...names]]) => [path, names])));
    expect(new Map(tags.find(({ path }) => path === 'a.py')?.references).get('price')).toBe(1);
    expect(new Set(Object.keys(SAMPLES).map((path) => languageOf(path)?.grammar)).size).toBe(LANGUAGES.length);
    expect([...SOURCE_EXTENSIONS].sort()).toEqual(LANGUAGES.flatMap(({ extensions }) => extensions).sort());
  });

  it('are kept by content: a second look parses nothing, whatever the file is called', async () => {
    const before = cache.size;
    const parsed = jest.spyOn(cache, 'set');
    await put({ 'copy.py': SAMPLES['a.py']![0] });
    const again = await reader.of(box, cache)(['a.py', 'copy.py'], never);
    expect(again.map(({ path, definitions }) => [path, definitions.length])).toEqual([['a.py', 4], ['copy.py', 4]]);
    expect([parsed.mock.calls.length, cache.size]).toEqual([0, before]);
    parsed.mockRestore();
  });

  it('are looked for in ordinary source files only', async () => {
    await put({ 'min.js': `var a=1;${'x();'.repeat(3_000)}`, 'huge.js': 'f();\n'.repeat(60_000), 'binary.js': Buffer.from([102, 0, 1]), 'folder.js/x': '' });
    await symlink('/etc/passwd', join(box.folder, 'repo', 'outside.js'));
    await symlink('a.js', join(box.folder, 'repo', 'link.js'));
    const tags = await reader.of(box, new Map())(['min.js', 'huge.js', 'binary.js', 'folder.js', 'outside.js', 'link.js', 'gone.js', '../../etc/passwd.js', 'README.md', 'a.js'], never);
    expect(tags.map(({ path }) => path)).toEqual(['a.js']);
  });

  it('of hostile files cost these files only', async () => {
    const nested = (open: string, close: string, n: number): string => Array.from({ length: n }, () => open).join('\n') + Array.from({ length: n }, () => close).join('\n');
    await put({
      'deep.js': nested('((((', '))))', 20_000), 'deep.py': nested('[[[[', ']]]]', 20_000), 'ternary.js': `x = ${'a ?\n b :\n'.repeat(15_000)} c`, 'deep.cpp': nested('A<B<C<', '>>>', 10_000),
      'strings.rb': '"#{'.repeat(50) + '\n'.repeat(50) + '"#{\n'.repeat(10_000), 'broken.ts': '\ud800class {{{ <<< `${`${`${'.repeat(100), 'names.js': `function ${'n'.repeat(400)}() {}\nfunction __proto__() {}\nfunction fine() {}\n`,
    });
    const began = performance.now();
    const tags = await reader.of(box, new Map())(['a.py', 'deep.js', 'deep.py', 'ternary.js', 'deep.cpp', 'strings.rb', 'broken.ts', 'names.js', 'a.js'], never);
    const paths = tags.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['a.py', 'a.js', 'names.js']));
    expect(tags.find(({ path }) => path === 'names.js')?.definitions.map(({ name }) => name)).toEqual(['__proto__', 'fine']);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  it('are not looked for any more when the run is stopped', async () => {
    const stopped = new AbortController();
    const reading = reader.of(box, new Map())(Object.keys(SAMPLES), stopped.signal);
    stopped.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
  });
});

describe('the map of a checkout', () => {
  it('is made in a sandbox of its own, of the base and of what was changed', async () => {
    const fixture = await WorkspaceFixture.create();
    try {
      await fixture.commit({ 'src/money.ts': 'export class Money {}\n', 'src/cart.ts': 'import { Money } from "./money";\nexport function total(m: Money) {\n  return new Money();\n}\n', '.gitignore': 'out/\n', 'docs/x.md': '# x\n' });
      const workspace = await fixture.open();
      await workspace.write('src/new.ts', 'import { Money } from "./money";\nexport const fresh = () => new Money();\n');
      await workspace.write('out/built.ts', 'export function built() {}\n');
      const wish = { text: 'Money', maxTokens: 500, signal: never };
      expect(await repoMap(workspace.base, wish)).toBe('src/money.ts\n    1\texport class Money {}\nsrc/cart.ts\n    2\texport function total(m: Money) {');
      expect(await repoMap(workspace, wish)).toContain('src/new.ts\n    2\texport const fresh');
      expect(await repoMap(workspace, wish)).not.toContain('built');
    } finally {
      await fixture.remove();
    }
  });
});
