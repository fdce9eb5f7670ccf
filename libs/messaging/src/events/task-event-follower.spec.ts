import { Logger, SystemClock } from '@app/common';
import type { EventChunk, EventReader, EventSource, FollowedRef } from './event-reader';
import { MAX_UNSENT_BYTES } from './followed-task';
import { Listeners } from './listeners';
import { TaskEventBus, type TaskDelta, type TaskListener } from './task-event-bus';
import { TaskEventFollower } from './task-event-follower';

class LocalBus extends TaskEventBus {
  readonly listeners = new Listeners();
  publishNews(taskId: string): void {
    this.listeners.news(taskId);
  }
  publishDelta(delta: TaskDelta): void {
    this.listeners.delta(delta);
  }
  subscribe(taskId: string, listener: TaskListener): () => void {
    return this.listeners.add(taskId, listener);
  }
  isConnected(): boolean {
    return true;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A table of one task; each read takes a moment, as the real one does. */
class Table implements EventSource {
  rows = 0;
  ended = false;
  reads = 0;
  failures = 0;

  async read(_ref: FollowedRef, afterSeq: number, limit: number): Promise<EventChunk> {
    this.reads++;
    const [rows, ended] = [this.rows, this.ended];
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    if (this.failures-- > 0) throw new Error('the database is away');
    const last = Math.min(rows, afterSeq + limit);
    const frames = Array.from({ length: Math.max(last - afterSeq, 0) }, (_, n) => ({ seq: afterSeq + n + 1, frame: `${afterSeq + n + 1} ` }));
    const more = last < rows;
    return { frames, more, end: ended && !more ? 'end' : null };
  }

  delta({ text }: TaskDelta): string {
    return `<${text}> `;
  }
}

class Reader implements EventReader {
  text = '';
  writes = 0;
  unsent = 0;
  closed: string | null = null;
  stuck = false;

  write(text: string): void {
    this.text += text;
    this.writes++;
    if (this.stuck) this.unsent += text.length;
  }
  unsentBytes(): number {
    return this.unsent;
  }
  drained(): Promise<void> {
    return Promise.resolve();
  }
  close(how: string): void {
    this.closed = how;
  }
  get seqs(): number[] {
    return this.text.split(' ').flatMap((word) => (/^\d+$/.test(word) ? [Number(word)] : []));
  }
}

const TASK: FollowedRef = { organizationId: 'o', taskId: 't' };
const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const pause = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(done: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !done(); await pause(5)) if (Date.now() > end) throw new Error('it did not happen');
}

describe('TaskEventFollower', () => {
  let bus: LocalBus;
  let table: Table;
  let follower: TaskEventFollower;
  beforeEach(() => {
    [bus, table] = [new LocalBus(), new Table()];
    follower = new TaskEventFollower({ bus, source: table, clock: new SystemClock(), logger: Logger.create('silent', 'test') });
  });
  afterEach(() => follower.close());

  it('shows every reader each row once and in order, whenever it comes', async () => {
    const readers: { reader: Reader; after: number }[] = [];
    const sit = (after: number): void => {
      const reader = new Reader();
      readers.push({ reader, after });
      follower.follow(TASK, after, reader);
    };
    table.rows = 450;
    sit(0);
    for (let round = 0; round < 120; round++) {
      table.rows += 1 + (round % 5);
      if (round % 3 === 0) bus.publishNews('t');
      if (round % 4 === 0) sit(Math.floor((round * table.rows) / 130));
      if (round % 7 === 0) await pause(2);
    }
    table.ended = true;
    bus.publishNews('t');
    await until(() => readers.every(({ reader }) => reader.closed !== null));
    for (const { reader, after } of readers) {
      expect(reader.seqs).toEqual(upTo(table.rows, after + 1));
      expect(reader.text.endsWith('end')).toBe(true);
      expect(reader.closed).toBe('end');
    }
    expect(follower.size).toBe(0);
    expect(bus.listeners.tasks()).toEqual([]);
  });

  it('reads once per wake-up for all readers, and joins wake-ups', async () => {
    const readers = Array.from({ length: 100 }, () => new Reader());
    for (const reader of readers) follower.follow(TASK, 0, reader);
    await pause(50);
    const before = table.reads;
    table.rows = 50;
    for (let n = 0; n < 50; n++) bus.publishNews('t');
    await until(() => readers.every(({ seqs }) => seqs.length === 50));
    expect(table.reads - before).toBeLessThanOrEqual(3);
    // The first read asks for a few rows, until their length is known.
    expect(readers.every(({ writes }) => writes <= 2)).toBe(true);
  });

  it('finds what a lost wake-up would have told, by its poll', async () => {
    const reader = new Reader();
    follower.follow(TASK, 0, reader);
    await pause(50);
    table.rows = 3;
    const begun = Date.now();
    await until(() => reader.seqs.length === 3);
    expect(Date.now() - begun).toBeLessThan(4_000);
  });

  it('goes on after a read failed', async () => {
    const reader = new Reader();
    follower.follow(TASK, 0, reader);
    await pause(50);
    table.failures = 2;
    table.rows = 2;
    bus.publishNews('t');
    await until(() => reader.seqs.length === 2);
    expect(reader.closed).toBeNull();
  });

  it('cuts a live reader with too much unsent, and no other', async () => {
    const [slow, quick] = [new Reader(), new Reader()];
    slow.stuck = true;
    follower.follow(TASK, 0, slow);
    follower.follow(TASK, 0, quick);
    await pause(50);
    const long = 'x'.repeat(MAX_UNSENT_BYTES / 4);
    for (let n = 0; n < 5; n++) bus.publishDelta({ taskId: 't', kind: 'text', text: long });
    expect(slow.closed).toBe('cut');
    expect(quick.closed).toBeNull();
    table.rows = 1;
    bus.publishNews('t');
    await until(() => quick.seqs.length === 1);
    expect(slow.seqs).toEqual([]);
  });

  it('waits for a slow reader during the replay, and gives it up when it takes too long', async () => {
    table.rows = 1_000;
    const patient = new Reader();
    let release = (): void => undefined;
    patient.drained = () => new Promise((resolve) => (release = resolve));
    follower.follow(TASK, 0, patient);
    await until(() => patient.seqs.length > 0);
    for (let chunk = 1; chunk <= 5; chunk++) {
      const taken = patient.seqs.length;
      expect(taken).toBeLessThanOrEqual(chunk * 200);
      await pause(20);
      expect(patient.seqs).toHaveLength(taken);
      release();
      await until(() => patient.seqs.length > taken);
    }
    expect(patient.seqs).toEqual(upTo(1_000));
    const lost = new Reader();
    lost.drained = () => Promise.reject(new Error('too slow'));
    follower.follow(TASK, 0, lost);
    await until(() => lost.closed !== null);
    expect(lost.closed).toBe('cut');
  });

  it('writes nothing more to a reader that left', async () => {
    const reader = new Reader();
    const leave = follower.follow(TASK, 0, reader);
    await pause(50);
    leave();
    table.rows = 1;
    bus.publishNews('t');
    await pause(50);
    expect(reader.text).toBe('');
    expect(reader.closed).toBeNull();
    expect(follower.size).toBe(0);
  });
});
