import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Secret } from '@app/common';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { callsOf } from '../history';
import type { CallPart, ModelMessage, ToolSpec } from '../message';
import { BUILT_API_STYLES, type BuiltApiStyle } from '../provider-connection';
import { createProvider } from '../provider-registry';
import { listen, user } from './provider.contract';

const SAMPLE = join(__dirname, '../../../../test/peers/llm/sample-session/sample-repository');
const READING = ['read', 'ls', 'glob', 'grep', 'submit'];
const CHANGING = [...READING, 'edit', 'write', 'bash', 'todo'];

const VENDORS: Record<BuiltApiStyle, { name: string; path: string; model: string }> = {
  anthropic: { name: 'anthropic', path: '', model: 'claude-sonnet-5-5' },
  openai_responses: { name: 'openai', path: '/v1', model: 'gpt-6.1-terra' },
  openai_chat: { name: 'custom', path: '/v1', model: 'local' },
  google: { name: 'google', path: '', model: 'gemini-4-argon' },
};

type Arguments = Record<string, string>;
const numbered = (text: string): string => text.replace(/\n$/, '').split('\n').map((line, n) => `${String(n + 1).padStart(5)}\t${line}`).join('\n');

/** Tools on a real folder, with answers in the form of the agent's tools. */
function toolsOn(folder: string): Record<string, (args: Arguments) => string> {
  const files = (): string[] => globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile()).sort();
  const text = (path = ''): string => readFileSync(join(folder, path), 'utf8');
  return {
    ls: () => readdirSync(folder, { withFileTypes: true }).map((entry) => (entry.isDirectory() ? `${entry.name}/` : `${entry.name} (7 bytes)`)).join('\n'),
    glob: () => files().join('\n'),
    read: ({ path }) => `${path} lines 1-9 of 9 [version abc]\n${numbered(text(path))}`,
    grep: ({ pattern = '' }) => files().flatMap((path) => text(path).split('\n').flatMap((line, n) => (new RegExp(pattern, 'i').test(line) ? [`${path}:${n + 1}: ${line}`] : []))).join('\n') || 'no match',
    edit: ({ path = '', old = '', new: fresh = '' }) => {
      if (text(path).split(old).length !== 2) throw new Error('"old" must occur once');
      writeFileSync(join(folder, path), text(path).replace(old, () => fresh));
      return `${path} (edited)`;
    },
    apply_patch: ({ input = '' }) => {
      const [, path = '', old = '', fresh = ''] = /^\*\*\* Begin Patch\n\*\*\* Update File: (.+)\n@@\n-(.*)\n\+(.*)\n\*\*\* End Patch$/.exec(input) ?? [];
      if (text(path).split(`${old}\n`).length !== 2) throw new Error('the line to go must occur once');
      writeFileSync(join(folder, path), text(path).replace(old, () => fresh));
      return `${path} (patched)`;
    },
    write: ({ path = '', content = '' }) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      return `${path} (written)`;
    },
    bash: ({ command = '' }) => {
      const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder };
      const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8', env });
      return `exit code ${status}\n${stdout}${stderr}`;
    },
    todo: () => 'noted',
    submit: () => 'Accepted.',
  };
}

describe('the demo agent', () => {
  let peer: LlmPeer;
  let folder: string;
  beforeAll(async () => {
    peer = await startLlmPeer();
  });
  beforeEach(() => {
    peer.reset();
    folder = mkdtempSync(join(tmpdir(), 'demo-agent-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => peer.stop());

  /** Plays a session to its submission; returns that and every call before it. */
  async function play(prompt: string, names: readonly string[], style: BuiltApiStyle = 'anthropic'): Promise<{ calls: CallPart[]; submitted: Arguments }> {
    const key = new Secret('sk-ant-api03-0123456789abcdef');
    const { name, path, model } = VENDORS[style];
    const provider = createProvider({ apiStyle: style, name, baseUrl: `${peer.url}${path}`, key });
    const tools = names.map((name): ToolSpec => ({ name, description: name, parameters: { type: 'object' } }));
    const run = toolsOn(folder);
    const messages: ModelMessage[] = [user(`<environment>\nRepository: demo/sample\n</environment>\n\n<task>\n${prompt}\n</task>`)];
    const calls: CallPart[] = [];
    while (calls.at(-1)?.name !== 'submit') {
      if (messages.length > 40) throw new Error('the session does not end');
      const { end } = await listen(provider.stream({ model, capabilities: {}, system: 'You are an agent.', messages, tools, maxTokens: 8_000, cacheKey: 'c' }, new AbortController().signal));
      const made = callsOf(end.message);
      const results = made.map((call) => ({ t: 'result' as const, id: call.id, name: call.name, text: run[call.name]?.(call.args as Arguments) ?? 'no such tool', isError: false }));
      calls.push(...made);
      messages.push(end.message, { role: 'tool', parts: results });
      if (made.length === 0) throw new Error(`it called nothing: ${JSON.stringify(end.message)}`);
    }
    return { calls, submitted: calls.at(-1)?.args as Arguments };
  }
  const node = (...args: string[]): string => String(toolsOn(folder).bash?.({ command: `node ${args.join(' ')}` }));

  it.each(BUILT_API_STYLES)('repairs the sample for real over %s', async (style) => {
    cpSync(SAMPLE, folder, { recursive: true });
    expect(node('--test')).toMatch(/^exit code 1[\s\S]*(fail 1)/);
    const before = readFileSync(join(folder, 'test/slugify.test.js'), 'utf8');
    // OpenAI's models are offered patches instead of edits.
    const change = style === 'openai_responses' ? 'apply_patch' : 'edit';
    const { calls, submitted } = await play('The test suite fails: fix the bug that makes it fail.', CHANGING.map((name) => (name === 'edit' ? change : name)), style);
    expect(node('--test')).toMatch(/^exit code 0/);
    expect(calls.map(({ name }) => name)).toEqual(['ls', 'glob', 'read', 'read', 'read', 'todo', 'bash', 'read', 'read', 'read', 'todo', change, 'todo', 'bash', 'todo', 'submit']);
    expect(readFileSync(join(folder, 'test/slugify.test.js'), 'utf8')).toBe(before);
    expect(submitted.title).toBe('Fix trimming of hyphens at both ends of a slug');
    expect(submitted.testing).toContain('test/slugify.test.js:14');
    expect(submitted.risks).toContain('Recorded session');
  }, 30_000);

  it('does not pretend when the sample is already repaired', async () => {
    cpSync(SAMPLE, folder, { recursive: true });
    const path = join(folder, 'src/slugify.js');
    writeFileSync(path, readFileSync(path, 'utf8').replace('/^-|-$/', '/^-|-$/g'));
    const { submitted, calls } = await play('Fix the failing test.', CHANGING);
    expect(submitted.noChangesReason).toContain('did not fail as they did in the recording');
    expect(calls.map(({ name }) => name)).not.toContain('edit');
  });

  it('anywhere else says what it is, and notes what it saw', async () => {
    writeFileSync(join(folder, 'README.md'), '# Some project\n');
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib/main.py'), 'print("hi")\n');
    const { submitted, calls } = await play('Add a login page.\nWith a logo.', CHANGING);
    const notes = readFileSync(join(folder, 'ASYNC_CODER_DEMO.md'), 'utf8');
    expect(notes).toMatch(/no model is configured[\s\S]*> Add a login page\.\n> With a logo\.[\s\S]*“Some project”[\s\S]*- `lib\/main\.py`/);
    expect(submitted.summary).toContain('no model is configured');
    expect(calls.map(({ name }) => name)).toEqual(['ls', 'glob', 'read', 'write', 'submit']);
    await play('And again.', CHANGING);
    expect(readFileSync(join(folder, 'ASYNC_CODER_DEMO.md'), 'utf8')).toContain('> And again.');
  });

  it('does the same on the sample for a request that was not recorded', async () => {
    cpSync(SAMPLE, folder, { recursive: true });
    await play('Translate the README into German.', CHANGING);
    expect(existsSync(join(folder, 'ASYNC_CODER_DEMO.md'))).toBe(true);
  });

  it('answers a question with places that exist', async () => {
    cpSync(SAMPLE, folder, { recursive: true });
    const { submitted } = await play('How does uniqueSlug choose the number?', READING);
    const cited = [...(submitted.answer ?? '').matchAll(/`([\w./-]+):(\d+)`/g)];
    expect(cited.length).toBeGreaterThan(2);
    for (const [, path = '', line] of cited) expect(readFileSync(join(folder, path), 'utf8').split('\n')[Number(line) - 1]).toMatch(/uniqueSlug|number|choose/i);
    expect(submitted.answer).toContain('no model is configured');
  });

  it('cites the description when nothing is found, and nothing in an empty repository', async () => {
    expect((await play('Zebra?', READING)).submitted.answer).not.toMatch(/:\d/);
    writeFileSync(join(folder, 'README.md'), '# Some project\n');
    expect((await play('Zebra?', READING)).submitted.answer).toContain('`README.md:1`');
  });

  it('answers a probe and a caller without tools in words', async () => {
    const provider = createProvider({ apiStyle: 'anthropic', name: 'anthropic', baseUrl: peer.url, key: new Secret('sk-ant-api03-0123456789abcdef') });
    const say = async (text: string): Promise<string> =>
      (await listen(provider.stream({ model: 'claude-sonnet-5-5', capabilities: {}, system: '', messages: [user(text)], tools: [], maxTokens: 100, cacheKey: 'c' }, new AbortController().signal))).text;
    expect(await say('Reply with OK')).toBe('OK');
    expect(await say('Write a title.')).toContain('no model is configured');
  });
});
