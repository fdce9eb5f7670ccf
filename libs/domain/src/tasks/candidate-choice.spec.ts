import { chooseCandidate, endWithoutChoice, isAtWork, isHeld, type Candidate } from './candidate-choice';

let made = 0;

function candidate(values: Partial<Candidate> = {}): Candidate {
  made += 1;
  return { taskId: `t${made}`, number: made, status: 'completed', statusReason: null, verification: 'passed', patchBytes: 100, creditsMicro: 10n, costNusd: 10n, ...values };
}

const chosenOf = (...candidates: Candidate[]) => chooseCandidate(candidates).chosen?.taskId;

describe('the choice among candidates', () => {
  it('takes checks that pass before everything else', () => {
    const good = candidate({ patchBytes: 9_000, creditsMicro: 99n });
    expect(chosenOf(candidate({ verification: 'failed', patchBytes: 1 }), candidate({ verification: 'skipped', patchBytes: 1 }), good)).toBe(good.taskId);
    const unchecked = candidate({ verification: null });
    expect(chosenOf(candidate({ verification: 'failed', patchBytes: 1 }), unchecked)).toBe(unchecked.taskId);
  });

  it('then the smaller change, then the cheaper one, then the earlier one, whatever order they come in', () => {
    const [first, small, cheap] = [candidate(), candidate({ patchBytes: 99, creditsMicro: 1_000n }), candidate({ creditsMicro: 9n })];
    expect(chosenOf(cheap, small, first)).toBe(small.taskId);
    expect(chosenOf(first, cheap)).toBe(cheap.taskId);
    const [own, dear] = [candidate({ creditsMicro: 0n, costNusd: 5n }), candidate({ creditsMicro: 0n, costNusd: 6n })];
    expect([chosenOf(own, dear), chosenOf(dear, own)]).toEqual([own.taskId, own.taskId]);
    const [one, two] = [candidate(), candidate()];
    expect([chosenOf(one, two), chosenOf(two, one)]).toEqual([one.taskId, one.taskId]);
  });

  it('takes none that ended without a change', () => {
    const failed = candidate({ status: 'failed', statusReason: 'stuck', patchBytes: 10 });
    const empty = candidate({ statusReason: 'no_changes', patchBytes: null });
    expect(chooseCandidate([failed, empty, candidate({ patchBytes: 0 })]).chosen).toBeNull();
  });

  it('says of each why', () => {
    const chosen = candidate({ number: 1, patchBytes: 50 });
    const others = [
      candidate({ verification: 'failed', patchBytes: 1 }), candidate({ patchBytes: 51 }), candidate({ patchBytes: 50, creditsMicro: 11n }), candidate({ patchBytes: 50 }),
      candidate({ status: 'failed', statusReason: 'stuck' }), candidate({ patchBytes: null }),
    ];
    expect(chooseCandidate([...others, chosen]).verdicts.map(({ reason }) => reason)).toEqual([
      'its checks: failed; those of the chosen one: passed', 'its change is larger: 51 bytes against 50', 'as good as the chosen one, and took more credits',
      'equal to the chosen one, which comes before it', 'it did not finish: failed (stuck)', 'it found nothing to change', 'chosen: checks passed, a change of 50 bytes',
    ]);
  });
});

describe('a task whose candidates handed in nothing', () => {
  const ended = (status: Candidate['status'], statusReason: string | null = null) => candidate({ status, statusReason, patchBytes: null });

  it('ends as they did when they agree', () => {
    expect(endWithoutChoice([ended('failed', 'stuck'), ended('failed', 'stuck')])).toMatchObject({ to: 'failed', reason: 'stuck' });
    expect(endWithoutChoice([ended('timed_out', 'deadline'), ended('timed_out', 'deadline')])).toEqual({ to: 'timed_out', reason: 'deadline', message: null });
    expect(endWithoutChoice([ended('cancelled', 'user_request'), ended('cancelled', 'user_request')])).toMatchObject({ to: 'cancelled', reason: 'user_request' });
  });

  it('is completed when one found nothing to change, and fails when they differ', () => {
    expect(endWithoutChoice([ended('failed', 'stuck'), ended('completed', 'no_changes')])).toEqual({ to: 'completed', reason: 'no_changes', message: null });
    expect(endWithoutChoice([ended('failed', 'stuck'), ended('timed_out', 'deadline')])).toMatchObject({ to: 'failed', reason: 'incomplete' });
  });
});

it('tells work from waiting', () => {
  expect((['queued', 'scheduled', 'provisioning', 'in_progress', 'publishing'] as const).every((status) => isAtWork({ status }) && !isHeld({ status }))).toBe(true);
  expect((['paused', 'waiting_for_user', 'waiting_for_approval'] as const).every((status) => isHeld({ status }) && !isAtWork({ status }))).toBe(true);
  expect((['completed', 'failed', 'cancelled', 'timed_out'] as const).some((status) => isAtWork({ status }) || isHeld({ status }))).toBe(false);
});
