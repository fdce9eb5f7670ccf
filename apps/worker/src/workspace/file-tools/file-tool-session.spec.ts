import { PassThrough } from 'node:stream';
import { Output, type SandboxProcess } from '../../sandbox/sandbox-process';
import { FileToolSession, SandboxEndedError, ToolRefusal } from './file-tool-session';

/** A sandbox whose inside is played by the test. */
function staged(): { session: FileToolSession; say: (text: string) => void; asked: () => string; killed: () => string | null } {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let killed: string | null = null;
  let finish: (end: { exitCode: null; killed: 'protocol' }) => void = () => undefined;
  const ended = new Promise((resolve) => (finish = resolve));
  const kill = (reason: string): Promise<void> => {
    killed ??= reason;
    finish({ exitCode: null, killed: 'protocol' });
    return Promise.resolve();
  };
  const sandbox = { stdin, stdout: new Output(stdout), stderr: new Output(stderr), ended, kill, get killed() { return killed; } } as unknown as SandboxProcess;
  return { session: new FileToolSession(sandbox), say: (text) => void stdout.write(text), asked: () => String(stdin.read() ?? ''), killed: () => killed };
}

const LIST = { op: 'list', path: '.', maxEntries: 1 } as const;

describe('FileToolSession', () => {
  it('answers each request, in any order, however the lines are cut', async () => {
    const { session, say, asked } = staged();
    const [first, second] = [session.request(LIST), session.request(LIST)];
    expect(asked()).toContain('"id":1,"op":"list"');
    for (const character of '{"id":2,"ok":"b"}\n{"id":1,"ok":"a"}\n') say(character);
    await expect(Promise.all([first, second])).resolves.toEqual(['a', 'b']);
  });

  it('hands output on and turns refusals into errors', async () => {
    const { session, say } = staged();
    const seen: string[] = [];
    const request = session.request(LIST, (bytes) => seen.push(bytes.toString()));
    say(`{"id":1,"out":"${Buffer.from('hi').toString('base64')}"}\n{"id":1,"error":{"code":"denied","message":"no"}}\n`);
    await expect(request).rejects.toEqual(new ToolRefusal('denied', 'no'));
    expect(seen).toEqual(['hi']);
  });

  it.each([
    ['no JSON', 'rubbish\n'],
    ['no object', '[1]\n'],
    ['an answer nobody asked for', '{"id":77,"ok":1}\n'],
    ['no id', '{"ok":1}\n'],
    ['bytes that are no text', '\xff\xfe\n'],
  ])('ends a sandbox that says %s', async (_, text) => {
    const { session, say, killed } = staged();
    const request = session.request(LIST);
    say(text);
    await expect(request).rejects.toBeInstanceOf(SandboxEndedError);
    expect(killed()).toBe('protocol');
    await expect(session.request(LIST)).rejects.toBeInstanceOf(SandboxEndedError);
  });

  it('ends a sandbox whose line does not end, without keeping it', async () => {
    const { session, say, killed } = staged();
    const request = session.request(LIST);
    const chunk = 'x'.repeat(1024 * 1024);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 100; i++) say(chunk);
    await expect(request).rejects.toBeInstanceOf(SandboxEndedError);
    expect(killed()).toBe('protocol');
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 ** 2);
  });
});
