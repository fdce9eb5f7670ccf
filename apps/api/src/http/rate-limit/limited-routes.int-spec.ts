import { DiscoveryService, Reflector } from '@nestjs/core';
import { TestApi } from '../../testing/test-api';
import { RouteTable } from '../routes/route-table';
import { RATE_LIMIT, type RateLimitGroup } from './rate-limit.decorator';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
}, 60_000);
afterAll(() => api.close());

/** Group of each route, as the first guard reads it. */
function groups(): Map<string, RateLimitGroup> {
  const reflector = new Reflector();
  const controllers = new Map(api.app.get(DiscoveryService, { strict: false }).getControllers().map(({ metatype }) => [metatype?.name, metatype as (new () => Record<string, () => unknown>) | null]));
  return new Map(
    api.app.get(RouteTable, { strict: false }).routes().map(({ method, path, handler }) => {
      const [name = '', member = ''] = handler.split('.');
      const controller = controllers.get(name);
      if (!controller) throw new Error(`no controller ${name}`);
      const prototype = controller.prototype as Record<string, () => unknown>;
      return [`${method} ${path}`, reflector.getAllAndOverride<RateLimitGroup | undefined>(RATE_LIMIT, [prototype[member]!, controller]) ?? 'default'];
    }),
  );
}

it.each([
  ['signIn', ['POST /api/v1/auth/login', 'POST /api/v1/auth/password', 'POST /api/v1/auth/register']],
  ['refresh', ['POST /api/v1/auth/refresh']],
  ['tasks', ['POST /api/v1/tasks', 'POST /api/v1/tasks/:id/retry']],
  ['tests', ['POST /api/v1/api-keys/:id/test', 'POST /api/v1/api-keys/test', 'POST /api/v1/models/test']],
] as const)('%s holds the routes of the contract', (group, routes) => {
  const known = groups();
  for (const route of routes) expect([route, known.get(route)]).toEqual([route, group]);
});

it('nothing else signs in, and only probes go free', () => {
  const of = (group: RateLimitGroup) => [...groups()].filter(([, own]) => own === group).map(([route]) => route).sort();
  expect(of('signIn')).toEqual(['POST /api/v1/auth/login', 'POST /api/v1/auth/password', 'POST /api/v1/auth/register']);
  expect(of('refresh')).toEqual(['POST /api/v1/auth/refresh']);
  expect(of('none').every((route) => /^GET \/(health\/\w+|version|metrics)$/.test(route))).toBe(true);
});

it('every incoming webhook has the limit of senders', () => {
  for (const [route, group] of groups()) if (/^POST \/api\/v1\/webhooks\//.test(route)) expect([route, group]).toEqual([route, 'webhooks']);
});
