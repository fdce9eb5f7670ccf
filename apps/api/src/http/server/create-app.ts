import { type AppConfig, type Logger, NestLogger } from '@app/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../app.module';
import { limitServer } from './http-server';
import { setUpHttp } from './set-up-http';

/** The whole API, ready to listen: the same for the process and for tests. */
export async function createApp(config: AppConfig, logger: Logger): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config, logger), {
    logger: new NestLogger(logger.named('nest')),
    // Parsers are ours: their limits depend on the route.
    bodyParser: false,
    rawBody: true,
    forceCloseConnections: false,
    abortOnError: false,
  });
  setUpHttp(app);
  limitServer(app.getHttpServer());
  return app;
}
