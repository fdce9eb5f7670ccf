import { DeltaBatcher } from './delta-batcher';
import type { TaskDelta } from './task-event-bus';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('DeltaBatcher', () => {
  let sent: TaskDelta[];
  let batcher: DeltaBatcher;
  beforeEach(() => {
    sent = [];
    batcher = new DeltaBatcher((delta) => sent.push(delta));
  });
  afterEach(() => batcher.close());

  it('sends the first piece at once and joins what follows', async () => {
    for (const text of 'abcdef') batcher.add({ taskId: 't', kind: 'text', text });
    expect(sent).toEqual([{ taskId: 't', kind: 'text', text: 'a' }]);
    await pause(120);
    expect(sent.map(({ text }) => text)).toEqual(['a', 'bcdef']);
    batcher.add({ taskId: 't', kind: 'text', text: 'later' });
    expect(sent.at(-1)?.text).toBe('later');
  });

  it('keeps kinds and tasks apart', async () => {
    batcher.add({ taskId: 't', kind: 'think', text: '1' });
    batcher.add({ taskId: 'u', kind: 'text', text: '2' });
    for (const [kind, text] of [['text', '3'], ['think', '4'], ['text', '5']] as const) batcher.add({ taskId: 't', kind, text });
    await pause(120);
    expect(sent.map(({ taskId, kind, text }) => `${taskId} ${kind} ${text}`)).toEqual(['t think 1', 'u text 2', 't text 3', 't think 4', 't text 5']);
  });

  it('cuts long text so that each piece fits into a notification, and no character in two', () => {
    const text = `a${'😀'.repeat(3_000)}`;
    batcher.add({ taskId: 't', kind: 'text', text });
    expect(sent.map((delta) => delta.text).join('')).toBe(text);
    for (const delta of sent) expect(Buffer.from(delta.text).toString()).toBe(delta.text);
    expect(Math.max(...sent.map((delta) => delta.text.length))).toBeLessThanOrEqual(1_200);
  });

  it('drops what comes beyond its measure', async () => {
    for (let n = 0; n < 200; n++) batcher.add({ taskId: 't', kind: 'text', text: 'x'.repeat(1_000) });
    await pause(120);
    expect(sent.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(65_000);
  });
});
