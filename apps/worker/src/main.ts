import './compile-cache';
import './tracing';
import { type AppConfig, ConfigError, loadConfig, Logger, NestLogger } from '@app/common';
import { QueueServer } from '@app/messaging';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthServer } from './health/health.server';
import { metricsAnswer } from './health/metrics-answer';
import { Readiness } from './health/readiness';
import { SandboxProbe } from './sandbox/sandbox-probe';
import { WorkerModule } from './worker.module';

/** After `HANDOVER_MS` a process that still is not closed goes without: an orchestrator must never have to kill it. */
const CLOSE_MS = 10_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = Logger.create(config.core.LOG_LEVEL, 'worker');
  const health = new HealthServer(metricsAnswer(config.telemetry));
  const running: Running = { app: null, health, config, logger };
  const stop = stopper(running);
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('SIGINT', () => void stop('SIGINT', 0));
  process.on('unhandledRejection', (reason) => {
    logger.error('a promise was rejected and nobody noticed', { err: reason });
    void stop('unhandled rejection', 1);
  });
  process.on('uncaughtException', (error) => {
    logger.error('an exception nobody caught', { err: error });
    void stop('uncaught exception', 1);
  });
  // Before the rest: while PostgreSQL or its migrations are waited for, probes hear that this process lives and is not there yet.
  const url = await health.listen(config.worker.WORKER_HOST, config.worker.WORKER_PORT);
  const app = await NestFactory.createApplicationContext(WorkerModule.with(config, logger), { logger: new NestLogger(logger), abortOnError: false });
  running.app = app;
  health.markStarted(app.get(Readiness).checks);
  await announce(app, config, logger);
  logger.info('worker listening', { url, concurrency: config.worker.WORKER_CONCURRENCY });
}

interface Running {
  /** Null while it starts: there is nothing to hand over then. */
  app: INestApplicationContext | null;
  readonly health: HealthServer;
  readonly config: AppConfig;
  readonly logger: Logger;
}

async function announce(app: INestApplicationContext, config: AppConfig, logger: Logger): Promise<void> {
  if (config.core.REDIS_URL === undefined) logger.warn('REDIS_URL is not set: the queue and wake-ups run on PostgreSQL, which is for one machine only');
  if (config.models.MODEL_STAND_IN !== undefined) logger.warn('models are a stand-in', { standIn: config.models.MODEL_STAND_IN });
  const sandbox = await app.get(SandboxProbe).check();
  if (sandbox.available) logger.info('sandbox ready', { limits: sandbox.limits, git: sandbox.gitVersion });
  else logger.error('no sandbox, so this worker takes no tasks', { reason: sandbox.reason });
}

/** Not ready and no new work at once; Nest's shutdown hooks then hand running work over and close. */
function stopper(running: Running): (why: string, exitCode: number) => Promise<void> {
  const { health, config, logger } = running;
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
    await close(running.app).catch((error: unknown) => logger.error('closing failed', { err: error }));
    clearTimeout(late);
    await health.close();
    logger.info('stopped', { why });
    process.exit(exitCode);
  };
}

async function close(app: INestApplicationContext | null): Promise<void> {
  if (!app) return;
  // Nest's first hook waits for a round of maintenance, which may speak with other servers; the queue must not go on serving meanwhile.
  const handedOver = app.get(QueueServer).stop();
  await Promise.all([handedOver, app.close()]);
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else Logger.create('info', 'worker').error('the worker could not start', { err: error });
  process.exit(1);
});
