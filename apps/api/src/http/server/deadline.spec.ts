import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { lastValueFrom, NEVER, of } from 'rxjs';
import { DeadlineInterceptor, LongLived, REQUEST_DEADLINE_MS } from './deadline';

class Routes {
  plain(this: void): void {}
  @LongLived() stream(this: void): void {}
}

const interceptor = new DeadlineInterceptor();
const contextOf = (handler: () => void) => ({ getHandler: () => handler, getClass: () => Routes }) as unknown as ExecutionContext;
const handling = (handle: CallHandler['handle']): CallHandler => ({ handle });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('ends a request that takes longer than 30 s with a problem that says so', async () => {
  const outcome = expect(lastValueFrom(interceptor.intercept(contextOf(Routes.prototype.plain), handling(() => NEVER)))).rejects.toMatchObject({ code: 'request_timeout', kind: { status: 503 }, headers: { 'Retry-After': '5' } });
  await jest.advanceTimersByTimeAsync(REQUEST_DEADLINE_MS - 1);
  expect(jest.getTimerCount()).toBe(1);
  await jest.advanceTimersByTimeAsync(1);
  await outcome;
});

it('leaves answers alone, and streams', async () => {
  expect(await lastValueFrom(interceptor.intercept(contextOf(Routes.prototype.plain), handling(() => of('done'))))).toBe('done');
  const stream = interceptor.intercept(contextOf(Routes.prototype.stream), handling(() => NEVER)).subscribe({ error: () => { throw new Error('ended'); } });
  await jest.advanceTimersByTimeAsync(10 * REQUEST_DEADLINE_MS);
  expect(stream.closed).toBe(false);
});
