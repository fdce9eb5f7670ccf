import type { AgentPlan, PlanStep } from '../delivery/plan';
import { composePlan } from '../delivery/plan';
import { MemoryWorkspace } from '../testing/memory-workspace';
import { SAMPLE_FILES } from '../testing/sample';
import { planFaults } from './accept-plan';

const step = (more: Partial<PlanStep> = {}): PlanStep => ({ id: 'one', title: 'One', description: 'Do it.', files: [], risks: null, tests: null, ...more });
const plan = (...steps: PlanStep[]): AgentPlan => ({ steps, markdown: '' });
const { base } = new MemoryWorkspace({ ...SAMPLE_FILES, 'logo.png': 'PNG\0' });

describe('a plan', () => {
  it('names paths that are there, or that a step makes', async () => {
    const made = plan(step({ files: ['src/add.js', 'src/', './logo.png', 'src/sub.js (new)'] }), step({ id: 'two', files: ['src/sub.js'] }));
    expect(await planFaults(made, base)).toEqual([]);
  });

  it.each<[string, AgentPlan | null, string[]]>([
    ['nothing', null, ['there is no plan with steps']],
    ['no steps', plan(), ['there is no plan with steps']],
    ['one name twice', plan(step(), step()), ['the step "one" is there twice']],
    ['invented paths', plan(step({ files: ['src/none.js'] })), ['step "one": there is no src/none.js']],
    ['a new file that is there', plan(step({ files: ['src/add.js (new)'] })), ['step "one": src/add.js is there already, so it is not new']],
    ['paths outside', plan(step({ files: ['../x (new)', '/etc/passwd', '/workspace/scratch/x (new)', '.git/config'] })), [
      'step "one": "../x" leaves the repository: use a path relative to its root, without ".."', 'step "one": "/etc/passwd" is absolute: use a path relative to the repository\'s root',
      'step "one": "/workspace/scratch/x" is not in the repository', 'step "one": .git is not open to tools: history and commits are the platform\'s work',
    ]],
  ])('is refused with %s', async (_, made, faults) => {
    expect(await planFaults(made, base)).toEqual(faults);
  });

  it('is put into harmless words, of its own or made of its steps', () => {
    expect(composePlan({ summary: 'Sum.', plan: plan(step({ files: ['a'], tests: 'npm test', risks: 'none' })) }).markdown).toBe('Sum.\n\n### 1. One (one)\n\nDo it.\n\nFiles: a\n\nTests: npm test\n\nRisks: none');
    expect(composePlan({ summary: 's', plan: { ...plan(step()), markdown: '<img src=x> @octocat' } }).markdown).not.toMatch(/<img|@octocat/);
  });
});
