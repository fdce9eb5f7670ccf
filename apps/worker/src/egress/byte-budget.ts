import { Transform, type TransformCallback } from 'node:stream';

/** Bytes that a sandbox may send and receive, over all of its connections. */
export class ByteBudget {
  constructor(private left: number) {}

  get isSpent(): boolean {
    return this.left < 0;
  }

  spend(bytes: number): void {
    this.left -= bytes;
  }
}

/** Counts what passes, and breaks off when the budget is spent. */
export class Meter extends Transform {
  bytes = 0;

  constructor(private readonly budget: ByteBudget) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.budget.spend(chunk.length);
    if (this.budget.isSpent) done(new Error('the network budget is spent'));
    else done(null, chunk);
  }
}
