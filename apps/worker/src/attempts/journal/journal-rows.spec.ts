import type { ResumableTaskEvent } from '@app/domain';
import { entriesOf, finishedRow, shownParts, stepRows, verifyRow } from './journal-rows';

function stored(rows: readonly { type: string; data: object; internal?: object | null }[]): ResumableTaskEvent[] {
  return rows.map((row, at) => ({ internal: null, ...row, seq: at + 1, attemptId: 'a', attempt: 1, createdAt: new Date() }) as unknown as ResumableTaskEvent);
}

const checkpoint = { step: 1, commit: 'c'.repeat(40), tree: 'd'.repeat(40) };
const result = { callId: 'k1', name: 'bash', args: { command: 'ls' }, isError: false, durationMs: 3, text: 'short', fullText: 'the whole' };
const verification = { status: 'passed' as const, checks: [], source: 'package.json', note: null };

describe('journal rows', () => {
  it('come back as the step that was written', () => {
    const outcome = { kind: 'question' as const, question: 'Which one?' };
    const rows = stored(stepRows({ step: 1, results: [result], checkpoint, todo: [{ text: 'a', state: 'open' }], outcome }));
    expect(entriesOf(rows)).toEqual([
      { type: 'step', seq: 2, step: 1, results: [{ ...result, fullText: 'short' }], checkpoint, todo: [{ text: 'a', state: 'open' }] },
      { type: 'finished', seq: 3, outcome },
    ]);
  });

  it('keep private halves out of what readers see', () => {
    const [shown] = stepRows({ step: 1, results: [result], checkpoint, todo: null, outcome: null });
    expect(JSON.stringify(shown?.data)).not.toContain('the whole');
    const parts = shownParts({ role: 'assistant', parts: [{ t: 'think', text: 'hm', sig: 'secret-signature' }, { t: 'call', id: '1', name: 'ls', args: {}, sig: 's' }], origin: { provider: 'p', model: 'm', raw: 'raw' } });
    expect(parts).toEqual([{ type: 'thinking', text: 'hm' }, { type: 'tool_call', id: '1', name: 'ls', args: {} }]);
  });

  it('leave out rows that are not the agent\'s', () => {
    const rows = stored([{ type: 'status', data: { from: null, to: 'queued', reason: null } }, verifyRow('base', verification), finishedRow({ kind: 'timed_out' })]);
    expect(entriesOf(rows).map((entry) => entry.type)).toEqual(['verified', 'finished']);
  });
});
