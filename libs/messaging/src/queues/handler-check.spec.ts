import { handlersByQueue } from './handler-check';
import { HandlesQueue, JobHandler, type JobContext } from './job-handler';
import { InvalidPayloadError } from './payload';

class Works extends JobHandler<'attempt'> {
  readonly seen: unknown[] = [];
  protected handle(payload: object, job: JobContext): Promise<void> {
    this.seen.push({ ...payload }, job.jobId);
    return Promise.resolve();
  }
}

@HandlesQueue('attempt')
class First extends Works {}
@HandlesQueue('attempt')
class Second extends Works {}
@HandlesQueue('attempt')
class NoHandler {}
@HandlesQueue('nothing' as 'attempt')
class OfNothing extends Works {}

const faults = (instances: unknown[], serve: string[] = []): string => {
  try {
    handlersByQueue(instances, serve);
    return '';
  } catch (error) {
    return String(error);
  }
};

describe('handlersByQueue', () => {
  it('finds the one handler of each queue among everything else', () => {
    const handler = new First();
    expect(handlersByQueue([null, undefined, 7, {}, 'x', new Works(), handler, handler], [])).toEqual(new Map([['attempt', handler]]));
    expect(handlersByQueue([handler], ['attempt']).size).toBe(1);
  });

  it.each([
    ['no handler', [], [], 'queue "attempt" has no handler'],
    ['two handlers', [new First(), new Second()], [], 'two handlers: First and Second'],
    ['an unknown queue in SERVE_QUEUES', [new First()], ['attempt', 'atempt'], 'SERVE_QUEUES names "atempt"; there are: attempt'],
    ['a class that only looks like one', [new NoHandler()], [], 'does not extend JobHandler'],
    ['a handler of an unknown queue', [new First(), new OfNothing()], [], 'unknown queue "nothing"'],
  ])('stops the boot for %s', (_, instances, serve, text) => {
    expect(faults(instances, serve)).toContain(text);
  });
});

describe('JobHandler', () => {
  const job = { jobId: 'j', signal: new AbortController().signal };

  it('hands a checked payload on', async () => {
    const handler = new First();
    const attemptId = '01919191-9191-7191-8191-919191919191';
    await handler.run('attempt', { attemptId }, job);
    expect(handler.seen).toEqual([{ attemptId }, 'j']);
  });

  it.each([[null], ['text'], [[]], [{}], [{ attemptId: 'x' }], [{ attemptId: '01919191-9191-7191-8191-919191919191', more: 1 }]])('refuses the payload %j', async (data) => {
    const handler = new First();
    await expect(handler.run('attempt', data, job)).rejects.toThrow(InvalidPayloadError);
    expect(handler.seen).toEqual([]);
  });
});
