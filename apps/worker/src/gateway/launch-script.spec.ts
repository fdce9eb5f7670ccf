import { runProgram } from '@app/common';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchScript } from './launch-script';

describe('the script that starts an external agent', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'launch-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('passes every text as it is, leaves nothing of the agent, and ends with its exit code', async () => {
    const work = join(folder, 'work');
    await mkdir(join(work, '.aider.tags.cache.v4'), { recursive: true });
    for (const name of ['.aiderignore', '.aider.input', 'kept.txt', 'it\'s $(odd)']) await writeFile(join(work, name), '');
    const nasty = 'a \'b\' "c" $(touch pwned) `touch pwned`\n\\ !x ü\u{1f600}';
    const order = {
      socket: join(folder, 'no.sock'), port: 1, forwarder: join(folder, 'none.js'), node: 'true', folder: join(folder, 'own'), files: { 'message.md': nasty, 'settings.json': '{}' }, workingFolder: work,
      program: '/bin/sh', args: ['-c', 'cat; printf %s "$1" "$SETTING" "$HOME"; touch .aider.more made.txt; exit 7', 'sh', nasty], env: { SETTING: nasty, PATH: '/usr/bin:/bin' }, stdin: 'from stdin\n',
      leftovers: /^\.aider/, keep: ['.aiderignore', 'it\'s $(odd)'],
    };
    const script = launchScript(order).replace('{1..200}', '1');
    const { exitCode, stdout } = await runProgram('bash', { args: ['--norc', '-c', 'eval "$(cat)"'], env: { PATH: '/usr/bin:/bin', HOME: '/ours' }, stdin: script, timeoutMs: 20_000, maxOutputBytes: 10_000 });
    expect({ exitCode, output: stdout.toString() }).toEqual({ exitCode: 7, output: `from stdin\n${nasty}${nasty}` });
    expect(await readFile(join(folder, 'own', 'message.md'), 'utf8')).toBe(nasty);
    expect((await readdir(work)).sort()).toEqual(['.aiderignore', 'it\'s $(odd)', 'kept.txt', 'made.txt']);
  });
});
