import { FakeClock } from '@app/common/testing';
import type { CallPart } from '@app/providers';
import type { ToolOutcome } from '../journal';
import { MODES } from '../modes';
import type { CommandHandler } from '../testing/memory-tree';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { SAMPLE_FILES } from '../testing/sample';
import { testTask } from '../testing/test-host';
import { FileVersions } from '../tools/file-versions';
import { ToolPolicy } from '../tools/tool-policy';
import { ToolRunner } from './tool-runner';

interface Bench {
  readonly workspace: MemoryWorkspace;
  readonly run: (...calls: readonly (readonly [name: string, args: unknown])[]) => Promise<readonly ToolOutcome[]>;
}

function bench(options: { files?: Record<string, string>; onCommand?: CommandHandler; secrets?: string[]; earlier?: readonly ToolOutcome[] } = {}): Bench {
  const workspace = new MemoryWorkspace({ ...SAMPLE_FILES, ...options.files }, options.onCommand ? { onCommand: options.onCommand } : {});
  const context = { workspace, task: testTask(), versions: FileVersions.from(options.earlier ?? []), clock: new FakeClock(), signal: new AbortController().signal };
  const runner = new ToolRunner(new ToolPolicy({ ...MODES.code, allowCiFiles: false }), context, options.secrets ?? []);
  let n = 0;
  return {
    workspace,
    run: async (...calls) => (await runner.run(calls.map(([name, args]): CallPart => ({ t: 'call', id: `call_${++n}`, name, args })))).results,
  };
}

const EDIT = { path: 'src/add.js', old: 'a - b', new: 'a + b' };

describe('files', () => {
  it('are read with line numbers, in parts', async () => {
    const { run } = bench({ files: { 'long.txt': Array.from({ length: 5_000 }, (_none, n) => `line ${n + 1}`).join('\n') } });
    const [whole] = await run(['read', { path: 'src/add.js' }]);
    expect(whole?.text).toMatch(/^src\/add\.js lines 1-3 of 3 \[version [0-9a-f]{12}\]\n {4}1\texport function add\(a, b\) \{\n {4}2\t {2}return a - b;\n {4}3\t\}$/);
    const [part] = await run(['read', { path: 'long.txt', offset: 4_000, limit: 2 }]);
    expect(part?.text).toContain(' 4000\tline 4000\n 4001\tline 4001\n[999 more lines: read on with offset 4002]');
    const [first] = await run(['read', { path: 'long.txt' }]);
    expect(first?.text).toContain('[3000 more lines: read on with offset 2001]');
    const [behind] = await run(['read', { path: 'long.txt', offset: 6_000 }]);
    expect(behind).toMatchObject({ isError: true, text: 'long.txt has only 5000 lines; offset 6000 is behind the end' });
  });

  it('are shown up to 50,000 characters', async () => {
    const { run } = bench({ files: { 'wide.txt': Array.from({ length: 100 }, () => 'x'.repeat(3_000)).join('\n') } });
    const [result] = await run(['read', { path: 'wide.txt' }]);
    expect(result?.text.length).toBeLessThan(52_000);
    expect(result?.text).toContain('[line of 3000 characters]');
    expect(result?.text).toMatch(/more lines: read on with offset \d+\]$/);
  });

  it('are edited only after they were read', async () => {
    const { run, workspace } = bench();
    expect((await run(['edit', EDIT]))[0]).toMatchObject({ isError: true, text: 'Read src/add.js before you edit it.' });
    const [, edited] = [...(await run(['read', { path: './src/add.js' }])), ...(await run(['edit', EDIT]))];
    expect(edited).toMatchObject({ isError: false, text: expect.stringContaining('    2\t  return a + b;') as string });
    expect(workspace.files.get('src/add.js')).toContain('a + b');
    expect((await run(['edit', { ...EDIT, old: 'a + b', new: 'b + a' }]))[0]?.isError).toBe(false);
  });

  it('are not edited when they changed since', async () => {
    const { run, workspace } = bench();
    await run(['read', { path: 'src/add.js' }]);
    await run(['bash', { command: 'echo other > src/add.js' }]);
    expect((await run(['edit', { ...EDIT, old: 'other', new: 'x' }]))[0]).toMatchObject({ isError: true, text: 'src/add.js changed since you read it. Read it again.' });
    expect((await run(['write', { path: 'src/add.js', content: 'x' }]))[0]?.isError).toBe(true);
    expect(workspace.files.get('src/add.js')).toBe('other\n');
  });

  it('are known to a resumed run by what was read before', async () => {
    const earlier = await bench().run(['read', { path: 'src/add.js' }]);
    expect((await bench({ earlier }).run(['edit', EDIT]))[0]?.isError).toBe(false);
    expect((await bench({ earlier, files: { 'src/add.js': 'a - b // new' } }).run(['edit', EDIT]))[0]?.text).toContain('changed since');
  });

  it('are written whole when new, replaced only when read', async () => {
    const { run, workspace } = bench();
    expect((await run(['write', { path: 'docs/new.md', content: 'one\ntwo\n' }]))[0]?.text).toMatch(/^docs\/new\.md \(made, 2 lines\) \[version/);
    expect((await run(['write', { path: 'docs/new.md', content: 'three\n' }]))[0]?.isError).toBe(false);
    expect((await run(['write', { path: 'package.json', content: '{}' }]))[0]).toMatchObject({ isError: true, text: expect.stringContaining('Read it before') as string });
    expect(workspace.files.get('docs/new.md')).toBe('three\n');
  });

  it('are listed, found and searched', async () => {
    const { run } = bench();
    const results = await run(['ls', {}], ['ls', { path: 'src' }], ['glob', { pattern: '**/*.js' }], ['grep', { pattern: 'return' }], ['grep', { pattern: 'nowhere' }], ['ls', { path: 'nowhere' }]);
    expect(results.map((result) => result.text)).toEqual([
      `AGENTS.md (22 bytes)\npackage.json (${SAMPLE_FILES['package.json']?.length} bytes)\nsrc/`, 'add.js (46 bytes)', 'src/add.js', 'src/add.js:2:   return a - b;', 'no match', 'there is no nowhere',
    ]);
    expect(results.map((result) => result.isError)).toEqual([false, false, false, false, false, true]);
  });
});

describe('outputs', () => {
  const printing = (output: string, exitCode = 0): CommandHandler => (command) => (command === 'print' ? { exitCode, output } : undefined);

  it('of commands say how they ended', async () => {
    const { run } = bench({ onCommand: printing('not ok\n', 3) });
    expect((await run(['bash', { command: 'print' }]))[0]).toMatchObject({ isError: false, text: 'exit code 3\nnot ok\n' });
    expect((await run(['bash', { command: 'true' }]))[0]?.text).toBe('exit code 0\n[no output]');
  });

  it('that are long keep their beginning and more of their end; the whole is kept aside', async () => {
    const output = Array.from({ length: 3_000 }, (_none, n) => `line ${n}`).join('\n');
    const { run } = bench({ onCommand: printing(output) });
    const [result] = await run(['bash', { command: 'print' }]);
    expect(result?.text.length).toBeLessThanOrEqual(12_200);
    expect(result?.text).toMatch(/^exit code 0\nline 0\n/);
    expect(result?.text).toMatch(/line 2999$/);
    const [, path = ''] = /the whole output is in (\S+) …\]/.exec(result?.text ?? '') ?? [];
    expect((await run(['read', { path, offset: 1_500, limit: 1 }]))[0]?.text).toContain('line 1498');
    expect(result?.fullText).toBe(`exit code 0\n${output}`);
  });

  it('lose terminal codes and NULs, and show what is invisible', async () => {
    const { run } = bench({ onCommand: printing('\u001b[31mred\u001b[0m \u0000\u001b]0;title\u0007a\u202eb\u200bc\r\n\u{e0041}') });
    expect((await run(['bash', { command: 'print' }]))[0]?.text).toBe('exit code 0\nred a\\u{202e}b\\u{200b}c\n\\u{e0041}');
  });

  it('lose secrets, in what is recorded as well', async () => {
    const { run } = bench({ onCommand: printing('key hunter2hunter2 and ghp_0123456789abcdefghijABCDEFGHIJ'), secrets: ['hunter2hunter2'] });
    const [result] = await run(['bash', { command: 'print' }]);
    expect(result?.text).toBe('exit code 0\nkey [redacted] and [redacted]');
    expect(result?.fullText).toBe(result?.text);
  });
});

describe('calls of one turn', () => {
  it('run together when all of them only read', async () => {
    const { run, workspace } = bench();
    const order: string[] = [];
    const original = workspace.read.bind(workspace);
    workspace.read = async (path, from, max) => {
      order.push(`start ${path}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`end ${path}`);
      return original(path, from, max);
    };
    await run(['read', { path: 'src/add.js' }], ['read', { path: 'AGENTS.md' }]);
    expect(order).toEqual(['start src/add.js', 'start AGENTS.md', 'end src/add.js', 'end AGENTS.md']);
    order.length = 0;
    await run(['read', { path: 'src/add.js' }], ['bash', { command: 'true' }], ['read', { path: 'AGENTS.md' }]);
    expect(order).toEqual(['start src/add.js', 'end src/add.js', 'start AGENTS.md', 'end AGENTS.md']);
  });

  it('all get a result, the refused ones too', async () => {
    const { run, workspace } = bench();
    const results = await run(['write', { path: '.git/hooks/x', content: 'x' }], ['teleport', {}], ['write', { path: 'ok.txt', content: 'x' }]);
    expect(results.map((result) => [result.callId, result.isError])).toEqual([['call_1', true], ['call_2', true], ['call_3', false]]);
    expect([...workspace.files.keys()].some((path) => path.includes('.git/'))).toBe(false);
  });
});
