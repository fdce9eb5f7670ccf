import type { ExecResult } from '../workspace';
import { defineTool, failure } from './tool';

const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 600;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export const bashTool = defineTool<{ command: string; timeout?: number }>({
  name: 'bash',
  description: 'Run a shell command at the repository\'s root, in a sandbox without network. Each call is a fresh shell: cd and variables do not carry over, background processes end with it. Long output is shortened in the middle.',
  parameters: {
    type: 'object',
    properties: {
      command: { type: 'string', description: 'The command, as bash -c takes it.', minLength: 1, maxLength: 20_000 },
      timeout: { type: 'integer', description: `Seconds until it is ended (${DEFAULT_SECONDS}).`, minimum: 1, maximum: MAX_SECONDS },
    },
    required: ['command'],
    additionalProperties: false,
  },
  readOnly: false,
  limit: { characters: 12_000, headShare: 0.4 },

  async run({ command, timeout = DEFAULT_SECONDS }, { workspace, task, clock, signal }) {
    const leftMs = task.deadline - clock.now().getTime();
    if (leftMs <= 0) return failure('The time for this task is over.');
    const timeoutMs = Math.min(timeout * 1_000, leftMs);
    const result = await workspace.exec(command, { timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES }, signal);
    return { text: `${ending(result, timeoutMs)}\n${result.output === '' ? '[no output]' : result.output}`, isError: result.killed !== null };
  },
});

function ending(result: ExecResult, timeoutMs: number): string {
  switch (result.killed) {
    case null:
      return `exit code ${result.exitCode ?? 'unknown'}`;
    case 'timeout':
      return `ended after ${Math.ceil(timeoutMs / 1_000)} seconds, the time limit`;
    case 'output':
      return 'ended because of too much output';
    case 'memory':
    case 'disk':
      return `ended because it used too much ${result.killed}`;
    case 'files':
    case 'processes':
      return `ended because it made too many ${result.killed}`;
  }
}
