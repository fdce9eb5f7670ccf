// PostgreSQL and Redis on this machine, and the settings by which a container reaches them.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';

const require = createRequire(import.meta.url);

export class Services {
  static async start() {
    const { startPostgres } = require('../../dist/test/support/postgres.js');
    const services = new Services();
    services.postgres = await startPostgres({ durable: false });
    await services.postgres.ensureDatabase('async_coder');
    const port = await freePort();
    services.redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
    services.settings = {
      DATABASE_URL: services.postgres.url('async_coder'),
      REDIS_URL: `redis://127.0.0.1:${port}`,
      JWT_SECRET: randomBytes(32).toString('hex'),
      KEK: randomBytes(32).toString('base64'),
      ANTHROPIC_API_KEY: 'sk-ant-never-used',
      DISABLED_INTEGRATIONS: 'github,clerk,stripe',
    };
    return services;
  }

  async stop() {
    this.redis?.kill('SIGKILL');
    await this.postgres?.stop();
  }
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
