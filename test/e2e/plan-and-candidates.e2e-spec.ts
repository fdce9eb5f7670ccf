import { TaskHouse } from '../support/task-house';

type Json = Record<string, unknown>;

const STEPS = [
  { id: 'step-1', title: 'Read the project', description: 'Look at what is there.', files: ['package.json'] },
  { id: 'step-2', title: 'Leave a note', description: 'Write NOTE.md.', files: ['NOTE.md (new)'] },
];
const HANDED_IN = { summary: 'Left a note.', testing: 'None needed.', risks: 'None.' };
const plans = { text: 'Here is a plan.', calls: [{ name: 'submit', args: { title: 'A plan', ...HANDED_IN, plan: { steps: STEPS, markdown: '# Plan' } } }] };
const writes = (content: string) => ({ calls: [{ name: 'write', args: { path: 'NOTE.md', content } }, { name: 'submit', args: { title: 'Leave a note', ...HANDED_IN } }] });

/** People decide about plans, and the platform among candidates, through both processes. */
describe('plans and candidates', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  beforeEach(() => house.model('reset'));

  async function patchOf(id: string): Promise<string> {
    return (await house.ada.get<string>(`/tasks/${id}/diff`)).body;
  }

  it('carries a plan out as a person edited it', async () => {
    await house.model('script', { match: { text: 'PLAN-1' }, by: 'calls', turns: [plans, writes('As planned.\n')] });
    const id = await house.handIn({ prompt: 'Leave a note. PLAN-1', options: { requirePlanApproval: true, verifyCommands: ['true'] } });
    const waiting = await house.ada.until(id, ['waiting_for_approval', 'completed', 'failed', 'paused']);
    expect(waiting).toMatchObject({ status: 'waiting_for_approval', statusReason: 'plan_ready', planStatus: 'proposed', pullRequest: null });
    const { body: plan } = await house.ada.get<{ steps: Json[] }>(`/tasks/${id}/plan`);
    expect(plan).toMatchObject({ status: 'proposed', steps: STEPS, markdown: '# Plan' });

    const steps = [plan.steps[0], { ...plan.steps[1], description: 'Write NOTE.md, EDITED-BY-ADA.' }];
    expect(await house.ada.post(`/tasks/${id}/plan/approve`, { steps, comment: 'Mind the tabs.' })).toMatchObject({ status: 202, body: { cause: 'approval' } });
    expect(await house.ada.until(id, ['completed', 'failed', 'paused'])).toMatchObject({ status: 'completed', planStatus: 'approved', attemptCount: 2, pullRequest: { status: expect.any(String) as string } });
    const last = (await house.prompts('PLAN-1')).at(-1)!;
    for (const text of ['EDITED-BY-ADA', 'Mind the tabs.']) expect(last).toContain(text);
    expect(await patchOf(id)).toContain('+As planned.');
    expect(await house.ada.post(`/tasks/${id}/plan/approve`, {})).toMatchObject({ status: 409, body: { code: 'plan_not_waiting' } });
  }, 120_000);

  it('has a child carry out what an architect planned', async () => {
    await house.model('script', { match: { text: 'PLAN-2' }, by: 'calls', turns: [plans, writes('By the child.\n')] });
    const id = await house.handIn({ prompt: 'Leave a note. PLAN-2', mode: 'architect', maxCredits: 500 });
    expect(await house.ada.until(id, ['waiting_for_approval', 'completed', 'failed', 'paused'])).toMatchObject({ planStatus: 'proposed', pullRequest: null });
    const approved = await house.ada.post(`/tasks/${id}/plan/approve`, {});
    expect(approved).toMatchObject({ status: 201, body: { mode: 'code', source: 'plan', parentTaskId: id } });
    const childId = String(approved.body.id);
    expect(await house.ada.post(`/tasks/${id}/plan/approve`, {})).toMatchObject({ status: 200, body: { id: childId } });
    expect(await house.ada.until(childId, ['completed', 'failed', 'paused'])).toMatchObject({ status: 'completed', pullRequest: { status: expect.any(String) as string } });
    expect((await house.prompts('PLAN-2')).at(-1)).toContain('Write NOTE.md.');
    // The child's calls count under the cap of its parent.
    const [parent, child] = [(await house.ada.get(`/tasks/${id}`)).body, (await house.ada.get(`/tasks/${childId}`)).body].map(({ credits }) => (credits as { usedMicros: number }).usedMicros);
    expect(parent).toBeGreaterThan(child!);
    expect(child).toBeGreaterThan(0);
  }, 120_000);

  it('publishes the best of three, once, and goes on with it', async () => {
    const turns = ['A long note, with much more in it than is asked for.\n', 'A note.\n', 'A note that is longer.\n'].map(writes);
    await house.model('script', { match: { text: 'BEST-OF' }, by: 'calls', turns });
    const id = await house.handIn({ prompt: 'Leave a note. BEST-OF', candidates: 3, maxCredits: 600, options: { verifyCommands: ['true'] } });
    const task = await house.ada.until(id, ['completed', 'failed', 'paused', 'cancelled']);
    expect(task).toMatchObject({ status: 'completed', candidates: 3, verification: { status: 'passed', checks: [{ phase: 'base' }, { phase: 'head', command: 'true', exitCode: 0 }] }, pullRequest: { status: expect.any(String) as string } });

    const { body } = await house.ada.get<{ data: { taskId: string; status: string; patchBytes: number; chosen: boolean; reason: string; creditsMicros: number }[] }>(`/tasks/${id}/candidates`);
    expect(body.data.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    const chosen = body.data.find((candidate) => candidate.chosen)!;
    expect([chosen.taskId, chosen.patchBytes]).toEqual([task.chosenTaskId, Math.min(...body.data.map(({ patchBytes }) => patchBytes))]);
    expect(body.data.filter((candidate) => !candidate.chosen).map(({ reason }) => reason)).toEqual(Array.from({ length: 2 }, () => expect.stringContaining('its change is larger') as string));
    expect([await patchOf(id), await patchOf(chosen.taskId)]).toEqual(Array.from({ length: 2 }, () => expect.stringContaining('+A note.\n') as string));
    // One branch, one pull request, one cap.
    expect(house.remoteHead(id)).toMatch(/^[0-9a-f]{40}$/);
    expect(body.data.map(({ taskId }) => house.remoteHead(taskId))).toEqual(['', '', '']);
    const { rows } = await house.database.query<{ task_id: string }>('SELECT task_id FROM pull_requests WHERE task_id = $1 OR task_id = ANY($2::uuid[])', [id, body.data.map(({ taskId }) => taskId)]);
    expect(rows).toEqual([{ task_id: id }]);
    expect((task.credits as { usedMicros: number }).usedMicros).toBe(body.data.reduce((sum, { creditsMicros }) => sum + creditsMicros, 0));

    await house.model('script', { match: { text: 'ONE-MORE' }, by: 'calls', turns: [{ calls: [{ name: 'write', args: { path: 'MORE.md', content: 'More.\n' } }, { name: 'submit', args: { title: 'Add more', ...HANDED_IN } }] }] });
    expect((await house.ada.post(`/tasks/${id}/messages`, { content: 'Add another. ONE-MORE' })).status).toBe(202);
    const second = await house.ada.until(id, ['completed', 'failed', 'paused']);
    expect(second).toMatchObject({ status: 'completed', pullRequest: { number: (task.pullRequest as { number: number }).number } });
    const patch = await patchOf(id);
    for (const line of ['+A note.', '+More.']) expect(patch).toContain(line);
  }, 180_000);
});
