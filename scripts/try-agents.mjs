// Installs command-line agents of others outside of the repository and has each mend a file through the platform. They are large and change often: not part of `npm run check`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

const VERSIONS = { '@anthropic-ai/claude-code': '2.1.330', '@google/gemini-cli': '0.61.0', '@openai/codex': '0.169.0', 'opencode-ai': '1.18.33' };
/** Kept from run to run; sandbox users must be able to enter it. */
const FOLDER = join(process.getuid?.() === 0 ? '/var/tmp/async-coder-tools' : join(homedir(), '.cache/async-coder'), 'agents');

mkdirSync(FOLDER, { recursive: true });
writeFileSync(join(FOLDER, 'package.json'), `${JSON.stringify({ private: true, dependencies: VERSIONS }, null, 2)}\n`);
run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], FOLDER);
run('node', ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--selectProjects', 'e2e', '--testPathPatterns=e2e/command-line-agents', '--testTimeout=60000'], process.cwd());

function run(program, args, cwd) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit', env: { ...process.env, AGENT_PROGRAMS: join(FOLDER, 'node_modules/.bin') } });
  if (status !== 0) process.exit(status ?? 1);
}
