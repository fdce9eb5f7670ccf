import { WorkspaceError } from '@app/agent';
import type { GitWorkspace } from './git-workspace';
import { never, WorkspaceFixture } from './testing/workspace-fixture';

/** RACE_TRIES=120000 for the long run. */
const TRIES = Number(process.env['RACE_TRIES'] ?? 6_000);
const AT_ONCE = 32;
const SECRET = 'outside-of-the-repository';
const LIMIT_MS = 60_000 + TRIES * 10;

/** Swaps a file for a link, and a folder for a link, as fast as it can, until the time is over or a file says so. */
const SWAPPER = `
mkdir -p folder real && echo ${SECRET} > /workspace/home/secret && mkdir -p /workspace/home/out && echo ${SECRET} > /workspace/home/out/inner
echo begun > begun
exec node -e '
const fs = require("fs");
const end = Date.now() + ${LIMIT_MS};
const swap = (make, name) => { try { fs.rmSync(name + ".new", { recursive: true, force: true }); make(name + ".new"); try { fs.renameSync(name + ".new", name); } catch { fs.rmSync(name, { recursive: true, force: true }); fs.renameSync(name + ".new", name); } } catch {} };
let swaps = 0;
for (;;) {
  swap((n) => fs.writeFileSync(n, "inside\\n"), "victim");
  swap((n) => fs.symlinkSync("/workspace/home/secret", n), "victim");
  swap((n) => { fs.mkdirSync(n); fs.writeFileSync(n + "/inner", "inside\\n"); }, "folder");
  swap((n) => fs.symlinkSync("/workspace/home/out", n), "folder");
  swaps += 4;
  if (swaps % 400 === 0 && (fs.existsSync("stop") || Date.now() > end)) break;
}
console.log("swaps", swaps);
'`;

describe(`file tools against links that change under them, ${TRIES} tries`, () => {
  let fixture: WorkspaceFixture;
  let workspace: GitWorkspace;

  beforeAll(async () => {
    fixture = await WorkspaceFixture.create();
    await fixture.commit({ 'a.txt': 'a\n' });
    workspace = await fixture.open();
  }, 60_000);
  afterAll(() => fixture.remove());

  it('never shows what lies outside, and sees both sides of the swap', async () => {
    const swapping = workspace.exec(SWAPPER, { timeoutMs: LIMIT_MS, maxOutputBytes: 1_000 }, never);
    const seen = { inside: 0, refused: 0, leaked: 0, written: 0 };
    const look = async (path: string, n: number): Promise<void> => {
      try {
        if (n % 8 === 7) {
          await workspace.write(path, 'inside\n');
          seen.written += 1;
          return;
        }
        const text = n % 2 === 0 ? (await workspace.read(path, 1, 5)).lines.join('\n') : (await workspace.readWhole(path)).content;
        if (text.includes(SECRET)) seen.leaked += 1;
        else seen.inside += 1;
      } catch (error) {
        if (!(error instanceof WorkspaceError)) throw error;
        seen.refused += 1;
      }
    };
    for (let tried = 0; tried < TRIES; tried += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => look((n >> 3) % 2 === 0 ? 'victim' : 'folder/inner', n)));
    await workspace.exec('touch stop', { timeoutMs: 20_000, maxOutputBytes: 100 }, never);
    const { output } = await swapping;
    process.stdout.write(`${TRIES} tries: ${JSON.stringify(seen)}, ${output.trim()}\n`);
    expect(seen.leaked).toBe(0);
    // The race took place: both sides were met.
    expect(Math.min(seen.inside, seen.refused)).toBeGreaterThan(0);
    expect(Number(/swaps (\d+)/.exec(output)?.[1] ?? 0)).toBeGreaterThan(100);
    await expect(workspace.exec('cat /workspace/home/secret /workspace/home/out/inner', { timeoutMs: 10_000, maxOutputBytes: 1_000 }, never)).resolves.toMatchObject({ output: `${SECRET}\n${SECRET}\n` });
  }, LIMIT_MS + 60_000);
});
