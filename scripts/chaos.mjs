// `npm run chaos [-- word,word]`: every fault of operation at full length, on the whole product, and deaths of workers. The words choose scenarios by their names.
import { spawnSync } from 'node:child_process';
import { build } from './lib/build.mjs';
import { bold, green, red, seconds } from './lib/say.mjs';

const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--maxWorkers=1'];
const only = process.argv[2] ?? '';
const SUITES = [
  { name: 'chaos', args: ['--selectProjects', 'chaos'], env: { CHAOS_LENGTH: process.env.CHAOS_LENGTH ?? 'full', CHAOS_ONLY: only } },
  { name: 'deaths of workers (R1, R6, R7)', args: ['--selectProjects', 'crash', '--testPathPatterns=crash/kill'], env: { CRASH_TASKS: '200', CRASH_KILLS: '50', CRASH_POINTS: 'all' } },
  { name: 'zombies, poison, empty disks (R2, R8)', args: ['--selectProjects', 'crash', '--testPathPatterns=crash/(zombie|poison|empty-disk)'], env: {} },
];

build();
let failed = 0;
for (const { name, args, env } of only === '' ? SUITES : SUITES.slice(0, 1)) {
  const began = Date.now();
  const { status } = spawnSync('node', [...JEST, ...args], { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) failed += 1;
  process.stdout.write(`${status === 0 ? green('✓') : red('✗')} ${bold(name)} ${seconds(Date.now() - began)}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
