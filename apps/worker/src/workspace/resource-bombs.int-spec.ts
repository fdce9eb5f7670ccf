import type { ExecResult } from '@app/agent';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

jest.setTimeout(120_000);
const OPTIONS = { timeoutMs: 40_000, maxOutputBytes: 20_000 } as const;
const PROMISED_MS = 10_000;
/** What the neighbour's command takes where nothing else runs. */
const QUIET_MS = 1_000;
const VOLLEYS = 7;

/** What a hostile command does to its machine, and the reason it is ended for; null: its own limits make it harmless, and it ends by itself. */
const BOMBS: Readonly<Record<string, readonly [ended: readonly ExecResult['killed'][], command: string]>> = {
  'forks': [['processes'], 'b() { b | b & }; b; sleep 100'],
  'forks that leave their parents': [['processes'], 'while true; do (setsid sleep 100 &) ; done'],
  'threads': [['processes', null], `node -e 'const {Worker}=require("worker_threads");const go=()=>{try{new Worker("setInterval(()=>{},1000)",{eval:true}).on("error",()=>{})}catch{}};setInterval(go,5)'; true`],
  'processes that nobody waits for': [['processes', null], 'perl -e \'while(1){ my $p = fork(); if (defined $p && $p == 0) { exit 0 } select(undef,undef,undef,0.1) if !defined $p }\''],
  'memory': [['memory'], 'node -e "const a = []; setInterval(() => a.push(Buffer.alloc(10485760, 1)), 5)"'],
  'memory in many processes': [['memory'], 'for i in 1 2 3 4 5 6; do node -e "const a = []; setInterval(() => a.length < 15 && a.push(Buffer.alloc(10485760, 1)), 5)" & done; wait'],
  'memory in files without a name': [['memory'], `perl -e 'my $n=0; while(1){ my $fd = syscall(319, "bomb$n", 0); open(my $f, ">&=", $fd) or die "no descriptor"; push @k, $f; for (1..8) { syswrite($f, "x" x 8388608) } $n++; select(undef,undef,undef,0.05) }'`],
  'disk': [['disk'], 'i=0; while true; do head -c 4000000 /dev/zero > f$i; i=$((i+1)); sleep 0.02; done'],
  'disk by a file without a name': [['disk'], `perl -e 'for my $n (0..40) { open(my $f, ">", "gone$n"); unlink("gone$n"); push @k, $f; syswrite($f, "x" x 8388608); select(undef,undef,undef,0.05) } sleep 60'`],
  'disk outside of the repository': [['disk'], 'i=0; while true; do head -c 4000000 /dev/zero > /tmp/f$i; i=$((i+1)); sleep 0.02; done'],
  'files': [['files'], `perl -e 'my $n=0; while(1){ mkdir "d$n"; for (1..500) { open(my $f, ">", "d$n/$_") } $n++; select(undef,undef,undef,0.02) }'`],
  'one file larger than the disk': [[null], 'head -c 200000000 /dev/zero > big; echo "ended: $?"; rm -f big'],
  'a sparse file': [[null], 'truncate -s 4T sparse; echo "ended: $?"; truncate -s 60M sparse && rm sparse'],
  'shared memory': [[null], 'head -c 300000000 /dev/zero > /dev/shm/f; echo "ended: $?"; rm -f /dev/shm/f'],
  'the root folder': [[null], 'head -c 1000 /dev/zero > /x; head -c 1000 /dev/zero > /dev/x; mkdir /new; echo "ended: $?"'],
  'open files': [[null], `node -e 'const fs=require("fs");let n=0;try{for(;;){fs.openSync("/dev/null","r");n++}}catch(e){console.log(n,e.code)}'; echo "ended: $?"`],
  'output': [['output'], 'yes'],
  'errors': [['output'], 'yes >&2'],
  'a deep folder': [[null], `perl -e 'for (1..3000) { mkdir "d"x50; chdir "d"x50 or last }'; echo "ended: $?"`],
};

describe('a command that wants to take everything', () => {
  let fixture: WorkspaceFixture;
  let neighbour: GitWorkspace;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create({ memoryMb: 400, diskMb: 96, processes: 96 });
    await fixture.commit({ 'a.txt': 'a\n' });
    neighbour = await fixture.open();
  });
  afterAll(() => fixture.remove());

  /** One bomb in a workspace of its own; returns how long it lasted. */
  async function explode(name: string): Promise<{ name: string; lasted: number }> {
    const [ended, command] = BOMBS[name]!;
    const workspace = await fixture.factory.open(fixture.request());
    try {
      const result = await workspace.exec(command, OPTIONS, never);
      expect({ name, killed: result.killed, isExpected: ended.includes(result.killed) }).toMatchObject({ isExpected: true });
      if (result.killed === null) expect(result.exitCode === 0 || result.exitCode === 137).toBe(true);
      // It can be tidied up and gone on with.
      await workspace.exec('find . -mindepth 1 -not -path "./.git*" -not -name a.txt -delete; rm -rf /tmp/f*', OPTIONS, never);
      await expect(workspace.exec('cat a.txt', OPTIONS, never)).resolves.toMatchObject({ exitCode: 0, killed: null, output: 'a\n' });
      return { name, lasted: result.durationMs };
    } finally {
      await workspace.dispose();
    }
  }

  it.each(volleys())('%s', async (_, names) => {
    const before = process.memoryUsage().rss;
    let latest = 0;
    let done = false;
    // The neighbour works meanwhile.
    const working = (async () => {
      do {
        const other = await neighbour.exec('for i in 1 2 3; do echo x > n; cat n; sleep 0.3; done; rm n', OPTIONS, never);
        expect(other).toMatchObject({ exitCode: 0, killed: null, output: 'x\nx\nx\n' });
        latest = Math.max(latest, other.durationMs - QUIET_MS);
      } while (!done);
    })();
    const exploded = await Promise.allSettled(names.map(explode));
    done = true;
    await working;
    for (const one of exploded) {
      if (one.status === 'rejected') throw one.reason;
      // Every bomb is at its limit at once: 10 s later it is over. A machine that is busy with other things gets as much more as it is slow.
      expect({ ...one.value, isInTime: one.value.lasted < PROMISED_MS + 10 * latest }).toMatchObject({ isInTime: true });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 ** 2);
  });
});

/** Bombs that go off together: never two of the same kind. */
function volleys(): [title: string, names: string[]][] {
  const sides = Array.from({ length: VOLLEYS }, (): string[] => []);
  Object.keys(BOMBS).forEach((name, index) => sides[index % VOLLEYS]!.push(name));
  return sides.map((names) => [names.join(', beside '), names]);
}
