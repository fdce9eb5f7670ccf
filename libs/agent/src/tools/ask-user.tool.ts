import { defineTool } from './tool';

export const askUserTool = defineTool<{ question: string }>({
  name: 'ask_user',
  description: 'Ask the user one question and stop until the answer comes, which may take days. Only when you cannot go on sensibly without it: otherwise decide, and state the assumption in your summary.',
  parameters: {
    type: 'object',
    properties: { question: { type: 'string', description: 'The question, with what the user needs to know to answer it.', minLength: 1, maxLength: 4_000 } },
    required: ['question'],
    additionalProperties: false,
  },
  readOnly: false,

  run({ question }) {
    return Promise.resolve({ text: 'The question was put to the user.', effect: { t: 'question', question: question.trim() } });
  },
});
