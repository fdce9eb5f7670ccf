import { checkCandidates } from './candidates-rule';

describe('candidates of a new task', () => {
  it('are for modes that publish', () => {
    expect(checkCandidates({ candidates: 3, mode: 'code', options: {} })).toBe(3);
    for (const mode of ['ask', 'architect', 'pr_review'] as const) expect(() => checkCandidates({ candidates: 3, mode, options: {} })).toThrow('publishes nothing');
  });

  it('exclude the approval of a plan', () => {
    expect(() => checkCandidates({ candidates: 2, mode: 'code', options: { requirePlanApproval: true } })).toThrow('exclude each other');
    expect(checkCandidates({ mode: 'code', options: { requirePlanApproval: true } })).toBeNull();
  });
});
