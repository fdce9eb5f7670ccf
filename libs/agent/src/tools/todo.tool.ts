import type { TodoItem } from '../journal';
import { defineTool } from './tool';

const MAX_ITEMS = 40;

export const todoTool = defineTool<{ items: TodoItem[] }>({
  name: 'todo',
  description: 'Keep a list of the steps of larger work; the user sees it. Each call replaces the whole list.',
  parameters: {
    type: 'object',
    properties: {
      items: {
        type: 'array',
        description: 'All steps, in order.',
        maxItems: MAX_ITEMS,
        items: {
          type: 'object',
          properties: {
            text: { type: 'string', description: 'The step, in a few words.', minLength: 1, maxLength: 300 },
            state: { type: 'string', description: 'How far it is.', enum: ['open', 'doing', 'done'] },
          },
          required: ['text', 'state'],
          additionalProperties: false,
        },
      },
    },
    required: ['items'],
    additionalProperties: false,
  },
  // It changes no file, but the last list counts: calls keep their order.
  readOnly: false,

  run({ items }) {
    const done = items.filter((item) => item.state === 'done').length;
    return Promise.resolve({ text: `noted: ${done} of ${items.length} done`, effect: { t: 'todo', items: items.map(({ text, state }) => ({ text, state })) } });
  },
});
