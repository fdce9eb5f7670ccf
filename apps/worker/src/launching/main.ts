import '../compile-cache';
import '../tracing';
import { ConfigError, loadConfig, Logger, NestLogger, StopError } from '@app/common';
import { NestFactory } from '@nestjs/core';
import { OneAttemptModule } from './one-attempt.module';
import { OneAttempt } from './one-attempt';

/** After the signal, time to checkpoint, hand over and close; then the lease runs out instead. */
const CLOSE_MS = 20_000;

/** The worker's one-attempt mode: runs the attempt that ATTEMPT_ID and ATTEMPT_FENCE name and ends. */
async function main(): Promise<void> {
  const config = loadConfig();
  const { ATTEMPT_ID: attemptId, ATTEMPT_FENCE: fence } = config.launch;
  if (attemptId === undefined || fence === undefined) throw new ConfigError(['ATTEMPT_ID and ATTEMPT_FENCE are required to run one attempt']);
  const logger = Logger.create(config.core.LOG_LEVEL, 'attempt');
  const shutdown = new AbortController();
  const stop = (why: string): void => {
    if (shutdown.signal.aborted) return;
    logger.info('draining', { why });
    shutdown.abort(new StopError('shutdown'));
    setTimeout(() => process.exit(1), CLOSE_MS).unref();
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  process.on('unhandledRejection', (reason) => {
    logger.error('a promise was rejected and nobody noticed', { err: reason });
    stop('unhandled rejection');
  });
  process.on('uncaughtException', (error) => {
    logger.error('an exception nobody caught', { err: error });
    stop('uncaught exception');
  });
  const app = await NestFactory.createApplicationContext(OneAttemptModule.with(config, logger), { logger: new NestLogger(logger), abortOnError: false });
  await app.get(OneAttempt).run(attemptId, BigInt(fence), shutdown.signal);
  await app.close();
  logger.info('stopped');
  process.exit(0);
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else Logger.create('info', 'attempt').error('the attempt could not be run', { err: error });
  process.exit(1);
});
