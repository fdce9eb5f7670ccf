// First stage of `npm run quickstart` and `npm run check`. Runs on the system's Node (20 or later) before anything is installed,
// so it uses Node alone. It installs what is missing and hands over to the script named first, which npm runs on the project's Node.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { installOldPostgres, requirePrograms } from './lib/programs.mjs';
import { run } from './lib/run.mjs';
import { stop } from './lib/say.mjs';

const [script, ...rest] = process.argv.slice(2);
const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
process.chdir(root);

if (Number(process.versions.node.split('.')[0]) < 20) stop(`Node ${process.versions.node} is too old to start with.`, 'Install Node 20 or later; the project brings its own Node 24 on Linux.');
requirePrograms(script === 'check:run' ? ['git', 'bwrap', 'redis-server'] : ['git', 'bwrap']);
if (script === 'check:run') installOldPostgres();
installPackages();
if (!existsSync('node_modules/.bin/node') && process.platform === 'linux') stop('node_modules/.bin/node is missing.', 'Remove node_modules and run the command again; do not install with --omit=optional.');
const major = process.platform === 'linux' ? 24 : Number(process.versions.node.split('.')[0]);
if (major < 24) stop(`Node ${process.versions.node} is too old.`, 'On this system install Node 24.9 or later yourself.');
process.exit(await run('npm', ['run', '--silent', script, '--', ...rest]));
