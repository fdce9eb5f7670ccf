import { defineTool } from './tool';

interface SubmitArguments {
  readonly title: string;
  readonly summary: string;
  readonly testing: string;
  readonly risks: string;
  readonly discard?: readonly string[];
  readonly answer?: string;
  readonly noChangesReason?: string;
}

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
    },
    required: ['title', 'summary', 'testing', 'risks'],
    additionalProperties: false,
  },
  readOnly: false,

  run({ title, summary, testing, risks, discard = [], answer, noChangesReason }) {
    const submission = { title: title.trim(), summary: summary.trim(), testing: testing.trim(), risks: risks.trim(), discard: [...discard], answer: orNull(answer), noChangesReason: orNull(noChangesReason) };
    return Promise.resolve({ text: 'Accepted.', effect: { t: 'submit', submission } });
  },
});

function orNull(text: string | undefined): string | null {
  return text === undefined || text.trim() === '' ? null : text.trim();
}
