// The product's modules on Nest's Fastify adapter. What its handlers ask of Express's response is given to Fastify's; the rest of the edge (helmet, CORS, body rules)
// runs as it is where it is Express-style middleware, and is left out where Express itself does it. So this arm does no more than ours.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { NestFactory } = require('@nestjs/core');
const { FastifyAdapter } = require('@nestjs/platform-fastify');
const { AppConfig, loadConfig, Logger, NestLogger } = require('./dist/libs/common/src/index.js');
const { AppModule } = require('./dist/apps/api/src/app.module.js');
const { requestContext } = require('./dist/apps/api/src/http/server/request-context.js');
const { API_PREFIX, UNPREFIXED } = require('./dist/apps/api/src/http/routes/route-table.js');
const { PrincipalLimitGuard } = require('./dist/apps/api/src/http/rate-limit/principal-limit.guard.js');
const helmet = require('helmet').default;

const config = loadConfig();
const logger = Logger.create(config.core.LOG_LEVEL, 'api');
const adapter = new FastifyAdapter({ trustProxy: config.http.TRUSTED_PROXIES });
const fastify = adapter.getInstance();
fastify.decorateReply('setHeader', function setHeader(name, value) {
  this.header(name, value);
});
fastify.decorateReply('location', function location(where) {
  return this.header('Location', where);
});
fastify.decorateRequest('rawHeaders', {
  getter() {
    return this.raw.rawHeaders;
  },
});
fastify.decorateRequest('requestId', null);
fastify.decorateRequest('originalMethod', null);
const app = await NestFactory.create(AppModule.with(config, logger), adapter, { logger: new NestLogger(logger.named('nest')), abortOnError: false });
app.get(AppConfig);
app.useGlobalGuards(app.get(PrincipalLimitGuard, { strict: false }));
app.setGlobalPrefix(API_PREFIX, { exclude: UNPREFIXED });
app.use(requestContext(logger.named('http')));
app.use(helmet({ strictTransportSecurity: config.core.isProduction, contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
fastify.addHook('onRequest', (request, _reply, done) => {
  request.requestId = request.raw.requestId;
  done();
});
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
