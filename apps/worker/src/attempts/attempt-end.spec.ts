import { AppError, declareError, StopError } from '@app/common';
import { ModelError } from '@app/providers';
import { endingOfError, endOfOutcome } from './attempt-end';
import { AttemptFailure } from './attempt-failure';

const PUSH_REJECTED = { code: 'git_push_rejected', status: 409, title: '', level: 'warn' } as ReturnType<typeof declareError>;

describe('where an error leads', () => {
  it.each([
    ['cancel', { kind: 'end', end: { kind: 'cancelled' } }],
    ['deadline', { kind: 'end', end: { kind: 'timed_out' } }],
    ['pause', { kind: 'end', end: { kind: 'suspended', status: 'paused', reason: 'user_request' } }],
    ['shutdown', { kind: 'hand_over', handOver: { reason: null } }],
    ['lease_lost', { kind: 'leave' }],
  ] as const)('stopped by %s', (cause, ending) => {
    expect(endingOfError(new StopError(cause))).toMatchObject(ending);
  });

  it('waits as long as the provider says, and hands over when it does not answer', () => {
    const facts = { provider: 'anthropic' };
    expect(endingOfError(new ModelError('rate_limit', 'slow down', { ...facts, retryAfterMs: 90_500 }))).toEqual({ kind: 'hand_over', handOver: { reason: 'provider_rate_limit', delaySeconds: 91 } });
    expect(endingOfError(new ModelError('overloaded', 'later', facts))).toEqual({ kind: 'hand_over', handOver: { reason: 'provider_unavailable' } });
    expect(endingOfError(new ModelError('auth', 'bad key', facts))).toMatchObject({ end: { kind: 'failed', code: 'provider_auth' } });
  });

  it('tries again later what may be there again, and says in the end what was not', () => {
    const away = (code: string, reason: string) => expect(endingOfError(new AppError({ code, status: 503, title: '', level: 'warn' }, 'It is away.'))).toEqual({
      kind: 'hand_over', handOver: { reason, giveUp: { code: 'setup_failed', message: 'It is away. It was tried again several times.' } },
    });
    for (const code of ['git_network', 'git_timeout', 'github_error']) away(code, 'forge_unavailable');
    for (const code of ['sandbox_unavailable', 'sandbox_stuck']) away(code, 'sandbox_unavailable');
  });

  it('gives the attempt back, uncounted, when the database is away', () => {
    for (const code of ['57P01', '08006', 'ECONNREFUSED']) expect(endingOfError(Object.assign(new Error('gone'), { code }))).toMatchObject({ kind: 'hand_over', handOver: { reason: null } });
    expect(endingOfError(new Error('Connection terminated unexpectedly'))).toMatchObject({ kind: 'hand_over', handOver: { reason: null } });
  });

  it('tells the owner what to do, and never an unknown error\'s own text', () => {
    expect(endingOfError(new AppError(PUSH_REJECTED, 'refused'))).toMatchObject({ end: { code: 'push_failed', message: 'refused' } });
    expect(endingOfError(new AttemptFailure('setup_failed', 'npm ci failed'))).toMatchObject({ end: { code: 'setup_failed', message: 'npm ci failed' } });
    expect(JSON.stringify(endingOfError(new Error('password=hunter2')))).not.toContain('hunter2');
  });
});

describe('where an outcome leads', () => {
  it('keeps the reason', () => {
    expect(endOfOutcome({ kind: 'paused', reason: 'out_of_credits' })).toEqual({ kind: 'suspended', status: 'paused', reason: 'out_of_credits' });
    expect(endOfOutcome({ kind: 'question', question: 'Which?' })).toMatchObject({ status: 'waiting_for_user' });
    expect(endOfOutcome({ kind: 'failed', code: 'stuck', message: 'm' })).toMatchObject({ kind: 'failed', code: 'stuck' });
    expect(endOfOutcome({ kind: 'timed_out' })).toEqual({ kind: 'timed_out' });
  });
});
