import type { StoredTaskEvent, TaskEventType } from '@app/domain';
import { eventFrame } from './event-frames';
import { projectEvent } from './event-projection';

const row = (type: TaskEventType, data: object): StoredTaskEvent => ({ seq: 7, attemptId: null, attempt: 2, type, data, createdAt: new Date('2026-11-23T08:00:00Z') }) as unknown as StoredTaskEvent;

it.each([
  ['status', { from: null, to: 'queued', reason: null }, 'status', { to: 'queued' }],
  ['model.completed', { role: 'assistant', parts: [], model: 'm', credits: 0.5 }, 'message', { role: 'assistant', credits: 0.5 }],
  ['model.requested', { model: 'm', callSeq: 3, step: 1 }, 'log', { kind: 'model.requested', text: 'Asking m (call 3)', step: 1 }],
  ['model.failed', { kind: 'overloaded', text: 'busy', callSeq: 3 }, 'log', { kind: 'model.failed', error: 'overloaded', text: 'busy' }],
  ['effect.done', { kind: 'push', name: 'push-1', outcome: 'pushed', headSha: 'abc' }, 'log', { kind: 'effect.done', effect: 'push', text: 'Done: push (pushed)', headSha: 'abc' }],
  ['effect.done', { kind: 'pull_request', name: 'p', outcome: 'opened', number: 4, url: 'u', status: 'draft', headSha: 'abc' }, 'pull_request', { number: 4, url: 'u', status: 'draft', headSha: 'abc' }],
  ['verify', { phase: 'head', status: 'passed', checks: [] }, 'log', { kind: 'verify', text: 'Checks of the work: passed', checks: [] }],
  ['compacted', { upToSeq: 4, text: 'short' }, 'log', { kind: 'compacted', text: 'short', upToSeq: 4 }],
] as const)('shows a row %s %j as %s', (type, data, name, shown) => {
  const event = projectEvent(row(type, data));
  expect(event.name).toBe(name);
  expect(event.data).toMatchObject(shown);
});

it('writes a frame that no text can break', () => {
  const frame = eventFrame(row('nudge', { text: 'a\n\ndata: {"seq":99}\r\nid: 99' }));
  expect(frame.split('\n').slice(0, 2)).toEqual(['id: 7', 'event: log']);
  expect(frame.match(/\n/g)).toHaveLength(4);
  expect(JSON.parse(frame.split('\n')[2]?.slice('data: '.length) ?? '')).toMatchObject({ seq: 7, attempt: 2, createdAt: '2026-11-23T08:00:00.000Z', kind: 'nudge' });
});
