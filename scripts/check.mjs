// Second stage of `npm run check`: lint, structure, build, every test. The last line is `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bold, green, red, seconds } from './lib/say.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'async-coder-check-'));
let passed = 0;
let failed = 0;

function step(name, program, args) {
  const began = Date.now();
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  const ok = status === 0;
  process.stdout.write(`${ok ? green('✓') : red('✗')} ${bold(name)} ${seconds(Date.now() - began)}\n`);
  return ok;
}

function gate(name, program, args) {
  if (step(name, program, args)) passed += 1;
  else failed += 1;
}

/** Begins a gate beside what comes next; its words come when it is asked for. */
function gateBeside(name, program, args) {
  const began = Date.now();
  const words = [];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => words.push(bytes));
  const ended = new Promise((resolve) => child.once('error', () => resolve(1)).once('close', resolve));
  return async () => {
    const ok = (await ended) === 0;
    process.stdout.write(Buffer.concat(words));
    process.stdout.write(`${ok ? green('✓') : red('✗')} ${bold(name)} ${seconds(Date.now() - began)}\n`);
    if (ok) passed += 1;
    else failed += 1;
  };
}

function tests(name, args) {
  const report = join(scratch, `${name}.json`);
  const ok = step(name, 'node', ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--testTimeout=30000', '--selectProjects', ...args, '--json', `--outputFile=${report}`]);
  let result = null;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    process.stderr.write(`${name}: no report was written\n`);
  }
  passed += result?.numPassedTests ?? 0;
  const broken = result?.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length ?? 1;
  const wrong = (result?.numFailedTests ?? 0) + broken;
  failed += ok ? wrong : Math.max(1, wrong);
  if (result && result.numTotalTests === 0) failed += 1;
}

const began = Date.now();
gate('lockfile', 'node', ['scripts/lockfile.mjs']);
const lint = gateBeside('lint', 'eslint', ['.']);
gate('build', 'node', ['scripts/build.mjs']);
gate('structure', 'depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'apps', 'libs', 'test', 'ormconfig.ts']);
if (failed === 0) tests('unit and rules', ['unit', 'rules', '--maxWorkers=2']);
await lint();
if (failed === 0) {
  // Many of them wait, for a lease or for the pace that GitHub asks for: one more than there are cores.
  tests('integration', ['int', '--maxWorkers=3']);
  // A house mostly waits: one more than there are cores. Where processes are killed and the time until the next one counts, no more than there are.
  tests('end-to-end', ['e2e', '--maxWorkers=3']);
  tests('crash and chaos', ['crash', 'chaos', '--maxWorkers=2']);
}
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${seconds(Date.now() - began)}\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
