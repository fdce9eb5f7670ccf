import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isSameProcess, ownIdentity, parseIdentity } from './process-identity';
import { ProgramNotFoundError, runProgram, startProgram, type RunOptions } from './run-program';

const run = (script: string, more: Partial<RunOptions> = {}): ReturnType<typeof runProgram> =>
  runProgram('sh', { args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, timeoutMs: 10_000, maxOutputBytes: 10_000, ...more });

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100 && (await identify(pid)); i++) await sleep(20);
  return (await identify(pid)) === null;
}

describe('runProgram', () => {
  it('gives output, exit code and duration', async () => {
    const result = await run('cat; echo told >&2; exit 3', { stdin: Buffer.from([0, 255, 10]) });
    expect(result).toMatchObject({ exitCode: 3, signal: null, stderr: 'told\n', truncated: false, timedOut: false, stdoutBytes: 3 });
    expect([...result.stdout]).toEqual([0, 255, 10]);
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
  });

  it('passes on nothing of our environment', async () => {
    const result = await runProgram('env', { args: [], env: { PATH: '/usr/bin', ONLY: 'this' }, timeoutMs: 5_000, maxOutputBytes: 1_000 });
    expect(result.stdout.toString().trim().split('\n').sort()).toEqual(['ONLY=this', 'PATH=/usr/bin']);
  });

  it('takes arguments as they are, without a shell', async () => {
    const args = ['%s|', '$(id)', '; echo x', '*', '"'];
    const result = await runProgram('printf', { args, env: { PATH: '/usr/bin' }, timeoutMs: 5_000, maxOutputBytes: 1_000 });
    expect(result.stdout.toString()).toBe('$(id)|; echo x|*|"|');
  });

  it('keeps so much output and counts the rest', async () => {
    const result = await run('head -c 1000000 /dev/zero', { maxOutputBytes: 10 });
    expect(result).toMatchObject({ exitCode: 0, truncated: true, stdoutBytes: 1_000_000 });
    expect(result.stdout.length).toBe(10);
    await expect(run('yes', { onOverflow: 'kill' })).resolves.toMatchObject({ signal: 'SIGKILL', truncated: true, timedOut: false });
  });

  it('kills everything it started at the deadline', async () => {
    const result = await run('sleep 500 & echo $!; wait', { timeoutMs: 300 });
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true });
    expect(await gone(Number(result.stdout.toString()))).toBe(true);
  });

  it('does not wait for a child that holds its output open', async () => {
    const started = performance.now();
    await expect(run('sleep 300 & echo done')).resolves.toMatchObject({ exitCode: 0, timedOut: false });
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it('rejects with the reason of its signal, before and while it runs', async () => {
    await expect(run('true', { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(run('sleep 500', { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('names a program that is not there, and a folder', async () => {
    const options = { args: [], env: {}, timeoutMs: 1_000, maxOutputBytes: 10 };
    await expect(runProgram('no-such-program', options)).rejects.toEqual(expect.objectContaining({ name: 'ProgramNotFoundError', program: 'no-such-program' }));
    await expect(runProgram(tmpdir(), options)).rejects.toBeInstanceOf(ProgramNotFoundError);
    await expect(runProgram('/bin/true', { ...options, cwd: '/no/such/folder' })).rejects.toThrow('/no/such/folder does not exist');
  });

  it('survives a program that does not read its input', async () => {
    await expect(run('exec 0<&-; exit 0', { stdin: Buffer.alloc(5_000_000) })).resolves.toMatchObject({ exitCode: 0 });
  });
});

describe('startProgram', () => {
  it('is talked to over pipes and ends when told', async () => {
    const program = await startProgram('sh', { args: ['-c', 'echo extra >&3; read line; echo "got $line"; sleep 500'], env: { PATH: '/usr/bin:/bin' }, extraPipes: 1 });
    const read = (stream: NodeJS.ReadableStream): Promise<string> => new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    const answers = Promise.all([read(program.stdout), read(program.extra[0] as NodeJS.ReadableStream)]);
    program.stdin.write('hello\n');
    await expect(answers).resolves.toEqual(['got hello\n', 'extra\n']);
    expect(await identify(program.pid)).not.toBeNull();
    program.kill();
    await expect(program.ended).resolves.toEqual({ exitCode: null, signal: 'SIGKILL' });
    program.stdin.write('nobody reads this');
    program.kill();
    await expect(startProgram('no-such-program', { args: [], env: {} })).rejects.toBeInstanceOf(ProgramNotFoundError);
  });
});

describe('process identity', () => {
  it('tells a process from another with its number', async () => {
    const own = parseIdentity(await ownIdentity());
    expect(own?.pid).toBe(process.pid);
    expect(await isSameProcess(own)).toBe(true);
    expect(await isSameProcess({ pid: process.pid, startTime: '1' })).toBe(false);
    expect(await isSameProcess(parseIdentity('rubbish'))).toBe(false);
    expect(await identify(2 ** 30)).toBeNull();
  });
});
