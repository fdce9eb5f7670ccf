import { FakeClock } from '@app/common/testing';
import type { ModelProvider } from '@app/providers';
import type { AgentHost, AgentTask } from '../host';
import type { Journal } from '../journal';
import type { Workspace } from '../workspace';

/** A task with nothing special about it. */
export function testTask(changes: Partial<AgentTask> = {}): AgentTask {
  return {
    id: '019a0000-0000-7000-8000-000000000001', mode: 'code', title: 'Mend add', prompt: 'Mend the add function.', repository: 'acme/sample', branch: 'main', baseSha: 'a'.repeat(40),
    verifyCommands: [], verifyCommandsFrom: null, requireVerification: false, allowCiFiles: false, maxSteps: null, deadline: Date.UTC(2026, 0, 1, 0, 30), instructions: null,
    ...changes,
  };
}

/** A host over the given parts, with a clock that moves only when told to. */
export function testHost(parts: { provider: ModelProvider; workspace: Workspace; journal: Journal; task?: AgentTask } & Partial<Omit<AgentHost, 'task'>>): AgentHost {
  const { provider, task, ...rest } = parts;
  return {
    model: { provider, model: 'test-model', capabilities: {}, contextWindow: 200_000, maxOutputTokens: 16_000 },
    clock: new FakeClock(), signal: new AbortController().signal,
    ...rest,
    task: task ?? testTask(),
  };
}
