import { handlersByQueue } from './handler-check';
import { HandlesQueue, JobHandler, type JobContext } from './job-handler';
import { InvalidPayloadError } from './payload';
import { QUEUE_NAMES } from './queue-catalog';

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
const OTHERS = QUEUE_NAMES.filter((name) => name !== 'attempt').map((name) => {
  @HandlesQueue(name)
  class Other extends Works {}
  return new Other();
});

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
    const all = handlersByQueue([null, undefined, 7, {}, 'x', new Works(), handler, handler, ...OTHERS], []);
    expect([...all.keys()].sort()).toEqual([...QUEUE_NAMES].sort());
    expect(all.get('attempt')).toBe(handler);
    expect(handlersByQueue([handler, ...OTHERS], ['attempt'])).toEqual(new Map([['attempt', handler]]));
  });

  it.each([
    ['no handler', [], [], 'queue "attempt" has no handler'],
    ['two handlers', [new First(), new Second()], [], 'two handlers: First and Second'],
    ['an unknown queue in SERVE_QUEUES', [new First()], ['attempt', 'atempt'], 'SERVE_QUEUES names "atempt"; there are: attempt,'],
    ['a class that only looks like one', [new NoHandler()], [], 'does not extend JobHandler'],
    ['a handler of an unknown queue', [new First(), new OfNothing()], [], 'unknown queue "nothing"'],
  ])('stops the boot for %s', (_, instances, serve, text) => {
    expect(faults([...instances, ...OTHERS], serve)).toContain(text);
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
