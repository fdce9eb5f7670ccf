import { DiscoveryService } from '@nestjs/core';
import { TestApi } from '../../testing/test-api';
import { RouteTable } from '../routes/route-table';
import { IDEMPOTENT } from './idempotent.decorators';

/** Signed by their sender, who names the delivery: that id is the key. */
const SIGNED = /^\/api\/v1\/webhooks\//;
/** A pass that is kept nowhere: asking twice gives two, and takes nothing. */
const KEEPS_NOTHING = ['/api/v1/tasks/:id/events/ticket'];

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
}, 60_000);
afterAll(() => api.close());

interface Post {
  readonly route: string;
  readonly path: string;
  readonly answersCreated: boolean;
  readonly isIdempotent: boolean;
}

function posts(): Post[] {
  const controllers = api.app.get(DiscoveryService, { strict: false }).getControllers();
  const handlers = new Map(controllers.map(({ metatype }) => [metatype?.name, (metatype as { prototype: Record<string, object> } | null)?.prototype]));
  const routes = api.app.get(RouteTable, { strict: false }).routes().filter(({ method }) => method === 'POST');
  return routes.map(({ path, handler }) => {
    const [controller = '', name = ''] = handler.split('.');
    const method = handlers.get(controller)?.[name];
    if (method === undefined) throw new Error(`no handler ${handler}`);
    // Nest answers a POST with 201 unless the route says otherwise.
    const status = (Reflect.getMetadata('__httpCode__', method) as number | undefined) ?? 201;
    return { route: `POST ${path}`, path, answersCreated: status === 201 || status === 202, isIdempotent: Reflect.getMetadata(IDEMPOTENT, method) === true };
  });
}

it('every POST that answers 201 or 202 honours Idempotency-Key', () => {
  const forgotten = posts().filter((post) => post.answersCreated && !post.isIdempotent && !SIGNED.test(post.path) && !KEEPS_NOTHING.includes(post.path));
  expect(forgotten.map(({ route }) => route)).toEqual([]);
  expect(posts().filter(({ isIdempotent }) => isIdempotent).length).toBeGreaterThan(8);
});

it('looks at the key on every POST', async () => {
  for (const { path } of posts().filter(({ path: one }) => !one.includes(':') && !SIGNED.test(one)).slice(0, 5)) {
    const ada = await api.signUp();
    const answer = await api.send('post', path, ada).set('Idempotency-Key', 'with space').send({});
    expect([path, answer.status]).toEqual([path, 400]);
  }
});
