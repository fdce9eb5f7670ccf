import './compile-cache';
import { type AppConfig, ConfigError, loadConfig, Logger, NestLogger } from '@app/common';
import { DatabaseHealthStore } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthServer, type CheckResult } from './health/health.server';
import { SandboxProbe } from './sandbox/sandbox-probe';
import { WorkerModule } from './worker.module';

/** After the hand-over a process that still is not closed goes without. */
const CLOSE_MS = 15_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = Logger.create(config.core.LOG_LEVEL, 'worker');
  const app = await NestFactory.createApplicationContext(WorkerModule.with(config, logger), { logger: new NestLogger(logger), abortOnError: false });
  const health = new HealthServer(checks(app));
  const stop = stopper(app, health, { config, logger });
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('SIGINT', () => void stop('SIGINT', 0));
  process.on('unhandledRejection', (reason) => {
    logger.error('a promise was rejected and nobody noticed', { err: reason });
    void stop('unhandled rejection', 1);
  });
  const url = await health.listen(config.worker.WORKER_HOST, config.worker.WORKER_PORT);
  health.markStarted();
  await announce(app, config, logger);
  logger.info('worker listening', { url, concurrency: config.worker.WORKER_CONCURRENCY });
}

async function announce(app: INestApplicationContext, config: AppConfig, logger: Logger): Promise<void> {
  if (config.core.REDIS_URL === undefined) logger.warn('REDIS_URL is not set: the queue and wake-ups run on PostgreSQL, which is for one machine only');
  if (config.models.MODEL_STAND_IN !== undefined) logger.warn('models are a stand-in', { standIn: config.models.MODEL_STAND_IN });
  const sandbox = await app.get(SandboxProbe).check();
  if (sandbox.available) logger.info('sandbox ready', { limits: sandbox.limits, git: sandbox.gitVersion });
  else logger.error('no sandbox, so this worker takes no tasks', { reason: sandbox.reason });
}

/** Not ready at once; Nest's shutdown hooks then take nothing new, hand running work over and close. */
function stopper(app: INestApplicationContext, health: HealthServer, { config, logger }: { config: AppConfig; logger: Logger }): (why: string, exitCode: number) => Promise<void> {
  let isStopping = false;
  return async (why, exitCode) => {
    if (isStopping) return;
    isStopping = true;
    logger.info('draining', { why, handoverMs: config.worker.HANDOVER_MS });
    health.markDraining();
    const late = setTimeout(() => {
      logger.error('closing took too long; leases will run out');
      process.exit(1);
    }, config.worker.HANDOVER_MS + CLOSE_MS);
    await app.close().catch((error: unknown) => logger.error('closing failed', { err: error }));
    clearTimeout(late);
    await health.close();
    logger.info('stopped', { why });
    process.exit(exitCode);
  };
}

function checks(app: INestApplicationContext): Record<string, () => Promise<CheckResult>> {
  const database = app.get(DatabaseHealthStore);
  const bus = app.get(TaskEventBus);
  const sandbox = app.get(SandboxProbe);
  return {
    database: () => database.ping().then(() => ({ status: 'up' })),
    migrations: async () => ((await database.isAtHead()) ? { status: 'up' } : { status: 'down', reason: 'migrations are missing: npm run db:migrate' }),
    // Wake-ups are a comfort: without them readers poll and the sweeper enqueues.
    wakeUps: () => Promise.resolve(bus.isConnected() ? { status: 'up' } : { status: 'degraded', reason: 'wake-ups do not get through' }),
    sandbox: async () => {
      const state = await sandbox.check();
      return state.available ? { status: 'up' } : { status: 'down', reason: state.reason };
    },
  };
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else Logger.create('info', 'worker').error('the worker could not start', { err: error });
  process.exit(1);
});
