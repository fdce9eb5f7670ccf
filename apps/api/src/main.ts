import './compile-cache';
import './tracing';
import { setTimeout as wait } from 'node:timers/promises';
import { AppConfig, ConfigError, loadConfig, Logger } from '@app/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { HealthModule } from './health/health.module';
import { ProcessState } from './health/process-state';
import { createApp } from './http/server/create-app';

/** Longest wait for answers that are under way after the drain; longer than a request may take. */
const CLOSE_MS = 20_000;
/** After the drain a process that still is not closed goes: an orchestrator must never have to kill it. */
const LEAVE_MS = 24_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = Logger.create(config.core.LOG_LEVEL, 'api');
  const app = await createApp(config, logger);
  const stop = stopper(app, config, logger);
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
  await app.listen(config.http.API_PORT, config.http.API_HOST);
  app.select(HealthModule).get(ProcessState).markStarted();
  if (config.models.MODEL_STAND_IN !== undefined) logger.warn('models are a stand-in', { standIn: config.models.MODEL_STAND_IN });
  logger.info('api listening', { url: await boundUrl(app) });
}

/** Not ready at once, serve on while load balancers notice, then close idle connections, finish what runs, exit. */
function stopper(app: NestExpressApplication, config: AppConfig, logger: Logger): (why: string, exitCode: number) => Promise<void> {
  let isStopping = false;
  return async (why, exitCode) => {
    if (isStopping) return;
    isStopping = true;
    logger.info('draining', { why, drainMs: config.http.DRAIN_MS });
    app.select(HealthModule).get(ProcessState).markDraining();
    await wait(config.http.DRAIN_MS);
    const late = setTimeout(() => {
      logger.error('closing took too long');
      process.exit(1);
    }, LEAVE_MS);
    const server = app.getHttpServer();
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    try {
      await app.close();
    } catch (error) {
      logger.error('closing failed', { err: error });
    }
    clearTimeout(cut);
    clearTimeout(late);
    logger.info('stopped', { why });
    process.exit(exitCode);
  };
}

async function boundUrl(app: NestExpressApplication): Promise<string> {
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else Logger.create('info', 'api').error('the API could not start', { err: error });
  process.exit(1);
});
