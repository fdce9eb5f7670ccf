// `npm run gen:openapi`: writes openapi.json as a running server gives it.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from './lib/build.mjs';

const FILE = 'openapi.json';
/** What the document shows of a deployment is left at its default, so that the file is the same wherever it is made. */
const SETTINGS = { NODE_ENV: 'development', API_PORT: '0', DRAIN_MS: '0', JWT_SECRET: randomBytes(32).toString('hex'), KEK: randomBytes(32).toString('base64') };

build();
const { startPostgres } = createRequire(join(process.cwd(), 'package.json'))('./dist/test/support/postgres.js');
const server = await startPostgres({ durable: false });
try {
  await server.ensureDatabase('openapi');
  const env = { PATH: process.env.PATH, DATABASE_URL: server.url('openapi'), ...SETTINGS };
  const migrated = spawnSync(process.execPath, ['dist/libs/domain/src/cli/migrate.js'], { env, encoding: 'utf8' });
  if (migrated.status !== 0) throw new Error(migrated.stderr);
  const document = await fromServer(env);
  writeFileSync(FILE, `${JSON.stringify(document, null, 1)}\n`);
  process.stdout.write(`${FILE}: ${Object.keys(document.paths).length} paths\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await server.stop();
}

async function fromServer(env) {
  const child = spawn(process.execPath, ['dist/apps/api/src/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await listening(child);
    return await (await fetch(`${url}/openapi.json`)).json();
  } finally {
    child.kill('SIGTERM');
  }
}

function listening(child) {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the API ended (${code})`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /"url":"(http[^"]+)"/.exec(line);
      if (found && line.includes('api listening')) resolve(found[1]);
    });
  });
}
