import type { Contradiction } from '../delivery/contradictions';
import type { AgentPlan, PlanStep } from '../delivery/plan';
import type { RegressionTest } from '../journal';
import type { ObjectSchema } from './argument-schema';
import { defineTool } from './tool';

type PlanStepArguments = Pick<PlanStep, 'id' | 'title' | 'description'> & { readonly files?: readonly string[]; readonly risks?: string | null; readonly tests?: string | null };

interface SubmitArguments {
  readonly title: string;
  readonly summary: string;
  readonly testing: string;
  readonly risks: string;
  readonly discard?: readonly string[];
  readonly answer?: string;
  readonly noChangesReason?: string;
  readonly diagnosis?: string;
  readonly regressionTest?: RegressionTest;
  readonly contradictions?: readonly Contradiction[];
  readonly plan?: { readonly steps: readonly PlanStepArguments[]; readonly markdown?: string | null };
}

const PATHS = (description: string, maxItems: number) => ({ type: 'array', description, maxItems, items: { type: 'string', description: 'A path from the repository\'s root.', minLength: 1, maxLength: 4_096 } }) as const;

const REGRESSION_TEST: ObjectSchema = {
  type: 'object',
  description: 'When something was mended: the test that fails without the change and passes with it.',
  properties: {
    command: { type: 'string', description: 'One plain command that runs it.', maxLength: 500 },
    files: PATHS('Its files.', 50),
  },
  required: ['command', 'files'],
  additionalProperties: false,
};

const CONTRADICTION: ObjectSchema = {
  type: 'object',
  properties: {
    statement: { type: 'string', description: 'What is written, word by word.', minLength: 1, maxLength: 2_000 },
    documentedAt: { type: 'string', description: 'Where, as path:line or path:from-to.', minLength: 1, maxLength: 1_000 },
    codeAt: { type: 'string', description: 'The code that decides it, likewise.', minLength: 1, maxLength: 1_000 },
    reason: { type: 'string', description: 'What is true instead.', minLength: 1, maxLength: 5_000 },
  },
  required: ['statement', 'documentedAt', 'codeAt', 'reason'],
  additionalProperties: false,
};

const PLAN_STEP: ObjectSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'A short name of its own, as step-1.', minLength: 1, maxLength: 100 },
    title: { type: 'string', description: 'Its outcome.', minLength: 1, maxLength: 300 },
    description: { type: 'string', description: 'What to do, in Markdown.', minLength: 1, maxLength: 10_000 },
    files: PATHS('What it touches; " (new)" behind a path that it makes.', 100),
    risks: { type: 'string', description: 'What may go wrong.', maxLength: 5_000 },
    tests: { type: 'string', description: 'How to see that it works.', maxLength: 5_000 },
  },
  required: ['id', 'title', 'description', 'files'],
  additionalProperties: false,
};

const PLAN: ObjectSchema = {
  type: 'object',
  description: 'The plan, when one was asked for.',
  properties: {
    steps: { type: 'array', description: 'In the order of the work.', maxItems: 50, items: PLAN_STEP },
    markdown: { type: 'string', description: 'The plan in words.', maxLength: 60_000 },
  },
  required: ['steps'],
  additionalProperties: false,
};

export const submitTool = defineTool<SubmitArguments>({
  name: 'submit',
  description: 'Hand in the work and end. The platform then verifies it by itself and may give it back with what failed.',
  parameters: {
    type: 'object',
    properties: {
      title: { type: 'string', description: 'What was done, imperative, at most 72 characters.', minLength: 1, maxLength: 200 },
      summary: { type: 'string', description: 'What changed and why, in Markdown, for the reviewer.', minLength: 1, maxLength: 20_000 },
      testing: { type: 'string', description: 'How you tested it, and what you could not test.', maxLength: 10_000 },
      risks: { type: 'string', description: 'What the reviewer should look at; limits, assumptions.', maxLength: 10_000 },
      discard: { type: 'array', description: 'Changed paths that are not part of the result (scratch files, build output).', maxItems: 200, items: { type: 'string', description: 'A path or folder.', minLength: 1 } },
      answer: { type: 'string', description: 'The answer in Markdown, when a question was asked.', maxLength: 100_000 },
      noChangesReason: { type: 'string', description: 'Why nothing had to be changed; only when you changed nothing.', maxLength: 5_000 },
      diagnosis: { type: 'string', description: 'When something was wrong: symptom, cause and evidence in Markdown, with places as path:line.', maxLength: 50_000 },
      regressionTest: REGRESSION_TEST,
      contradictions: { type: 'array', description: 'When documentation was examined: statements that the code contradicts.', maxItems: 100, items: CONTRADICTION },
      plan: PLAN,
    },
    required: ['title', 'summary', 'testing', 'risks'],
    additionalProperties: false,
  },
  readOnly: false,

  run({ title, summary, testing, risks, discard = [], answer, noChangesReason, diagnosis, regressionTest, contradictions, plan }) {
    const submission = {
      title: title.trim(), summary: summary.trim(), testing: testing.trim(), risks: risks.trim(), discard: [...discard], answer: orNull(answer), noChangesReason: orNull(noChangesReason),
      ...(diagnosis === undefined ? {} : { diagnosis: orNull(diagnosis) }),
      ...(regressionTest === undefined ? {} : { regressionTest }),
      ...(contradictions === undefined ? {} : { contradictions }),
      ...(plan === undefined ? {} : { plan: planOf(plan) }),
    };
    return Promise.resolve({ text: 'Accepted.', effect: { t: 'submit', submission } });
  },
});

function planOf({ steps, markdown }: NonNullable<SubmitArguments['plan']>): AgentPlan {
  return {
    steps: steps.map(({ id, title, description, files = [], risks, tests }) => ({ id: id.trim(), title: title.trim(), description: description.trim(), files: files.map((file) => file.trim()), risks: orNull(risks), tests: orNull(tests) })),
    markdown: markdown ?? '',
  };
}

function orNull(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === '' ? null : text.trim();
}
