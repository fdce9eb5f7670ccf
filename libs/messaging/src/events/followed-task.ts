import type { EventChunk, EventReader, FollowedRef, FollowerTools } from './event-reader';
import { replay, type Seat } from './event-replay';
import { ReadSize } from './read-size';

/** A lost wake-up costs a reader this much. */
export const POLL_MS = 2_000;
/** A reader that has not taken this much is cut: it costs us memory, and its last id brings it back. */
export const MAX_UNSENT_BYTES = 524_288;
const RETRY_MS = 1_000;

/** One task and its readers in this process. Lives while it has readers. */
export class FollowedTask {
  private readonly seats = new Map<EventReader, Seat>();
  private readonly unsubscribe: () => void;
  private readonly poll: NodeJS.Timeout;
  private readonly size = new ReadSize();
  /** Rows up to here were handed to the live readers. */
  private position = 0;
  private reading = false;
  private news = false;
  private closed = false;

  constructor(
    private readonly ref: FollowedRef,
    private readonly tools: FollowerTools,
    private readonly onEmpty: () => void,
  ) {
    // Before the first read, so that no wake-up falls between.
    this.unsubscribe = tools.bus.subscribe(ref.taskId, { news: () => this.wake(), delta: (delta) => this.writeLive(tools.source.delta(delta)) });
    this.poll = setInterval(() => this.wake(), POLL_MS);
  }

  add(reader: EventReader, afterSeq: number): () => void {
    const seat: Seat = { reader, seq: afterSeq, live: false, gone: new AbortController() };
    this.seats.set(reader, seat);
    void this.bringUp(seat);
    return () => this.leave(seat);
  }

  close(): void {
    for (const seat of [...this.seats.values()]) this.dismiss(seat, 'end');
  }

  private async bringUp(seat: Seat): Promise<void> {
    try {
      let end: string | null;
      do end = await replay(seat, this.size, (seq, limit) => this.tools.source.read(this.ref, seq, limit));
      while (end === null && !seat.gone.signal.aborted && !this.sit(seat));
      if (end !== null) this.finish(seat, end);
    } catch (error) {
      if (seat.gone.signal.aborted) return;
      this.tools.logger.warn('a replay of events failed', { taskId: this.ref.taskId, err: error });
      this.dismiss(seat, 'cut');
    }
  }

  /** Seats a reader among the live ones, unless they went on while it replayed. */
  private sit(seat: Seat): boolean {
    if (seat.seq < this.position) return false;
    if (this.liveSeats().length === 0) this.position = seat.seq;
    seat.live = true;
    // A wake-up during the replay found nobody to read for.
    this.wake();
    return true;
  }

  /** Wake-ups that come during a read are joined into the next one. */
  private wake(): void {
    this.news = true;
    if (!this.reading && !this.closed) void this.readLive();
  }

  private async readLive(): Promise<void> {
    this.reading = true;
    try {
      while (this.news && this.liveSeats().length > 0) {
        this.news = false;
        const from = this.position;
        const chunk = await this.tools.source.read(this.ref, from, this.size.rows);
        this.size.learn(chunk);
        if (chunk.more) this.news = true;
        this.deliver(from, chunk);
      }
    } catch (error) {
      this.tools.logger.warn('events could not be read', { taskId: this.ref.taskId, err: error });
      await this.tools.clock.sleep(RETRY_MS);
      this.news = true;
    } finally {
      this.reading = false;
    }
    // Something came, or somebody sat down, between the last look and here.
    if (this.news && !this.closed && this.liveSeats().length > 0) void this.readLive();
  }

  private deliver(from: number, chunk: EventChunk): void {
    const last = chunk.frames.at(-1)?.seq ?? from;
    const all = chunk.frames.map(({ frame }) => frame).join('');
    for (const seat of this.liveSeats()) {
      // One that replayed further than the live read began has some of these rows.
      const text = seat.seq === from ? all : chunk.frames.filter(({ seq }) => seq > seat.seq).map(({ frame }) => frame).join('');
      seat.seq = Math.max(seat.seq, last);
      if (text !== '') this.write(seat, text);
      if (chunk.end !== null && seat.seq === last) this.finish(seat, chunk.end);
    }
    this.position = Math.max(this.position, last);
  }

  private writeLive(text: string): void {
    for (const seat of this.liveSeats()) this.write(seat, text);
  }

  private write(seat: Seat, text: string): void {
    seat.reader.write(text);
    if (seat.reader.unsentBytes() > MAX_UNSENT_BYTES) this.dismiss(seat, 'cut');
  }

  private finish(seat: Seat, end: string): void {
    seat.reader.write(end);
    this.dismiss(seat, 'end');
  }

  private dismiss(seat: Seat, how: 'end' | 'cut'): void {
    if (!this.seats.has(seat.reader)) return;
    this.leave(seat);
    seat.reader.close(how);
  }

  private leave(seat: Seat): void {
    if (!this.seats.delete(seat.reader)) return;
    seat.gone.abort();
    if (this.seats.size > 0 || this.closed) return;
    this.closed = true;
    clearInterval(this.poll);
    this.unsubscribe();
    this.onEmpty();
  }

  private liveSeats(): Seat[] {
    return [...this.seats.values()].filter(({ live }) => live);
  }
}
