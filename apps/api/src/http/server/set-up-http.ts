import { AppConfig, Logger, notFound } from '@app/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { NextFunction, Request, Response } from 'express';
import { serveQueueBoard } from '../../admin/queues/queue-board';
import { ProcessState } from '../../health/process-state';
import { serveOpenApi } from '../openapi/serve';
import { PrincipalLimitGuard } from '../rate-limit/principal-limit.guard';
import { pathOf } from '../http-request';
import { API_PREFIX, RouteTable, UNPREFIXED } from '../routes/route-table';
import { useBodies } from './body';
import { requestContext } from './request-context';

const EXPOSED = ['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'Idempotency-Replayed', 'RateLimit', 'RateLimit-Policy'];

/** What stands before Nest's router; the same in the process and in tests. Call it before `app.init()`. */
export function setUpHttp(app: NestExpressApplication): void {
  const config = app.get(AppConfig);
  app.disable('x-powered-by');
  // Tags are ours; Express still compares them with If-None-Match.
  app.disable('etag');
  app.set('trust proxy', config.http.TRUSTED_PROXIES);
  // After the guards of every module: only then it is known whose call it is, and that they may make it.
  app.useGlobalGuards(app.get(PrincipalLimitGuard, { strict: false }));
  app.setGlobalPrefix(API_PREFIX, { exclude: UNPREFIXED });
  app.use(requestContext(app.get(Logger).named('http')));
  app.use(closeWhileDraining(app.get(ProcessState, { strict: false })));
  app.use(helmet({ strictTransportSecurity: config.core.isProduction, contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
  app.enableCors({ origin: config.http.CORS_ORIGINS, credentials: config.http.CORS_ORIGINS.length > 0, exposedHeaders: EXPOSED, maxAge: 600 });
  serveQueueBoard(app);
  useBodies(app);
  serveOpenApi(app);
  app.use(knownPaths(app.get(RouteTable, { strict: false })));
}

/** Outside the prefix nobody else answers what no route takes: Express would, with a page of its own. */
function knownPaths(routes: RouteTable) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const path = pathOf(request);
    if (path.startsWith(`${API_PREFIX}/`) || routes.methodsOf(path).length > 0) next();
    else next(notFound());
  };
}

/** While draining each answer ends its connection, so that clients come back elsewhere. */
function closeWhileDraining(state: ProcessState) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    if (state.isDraining) response.setHeader('Connection', 'close');
    next();
  };
}
