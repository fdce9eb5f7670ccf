import type { EventChunk } from './event-reader';
import { CHUNK_BYTES, ReadSize } from './read-size';

const chunkOf = (...lengths: number[]): EventChunk => ({ frames: lengths.map((length, seq) => ({ seq, frame: 'x'.repeat(length) })), more: true, end: null });

it('asks for as many rows as fill a chunk, by the length of the last ones', () => {
  const size = new ReadSize();
  size.learn(chunkOf(20_000, 20_000, 20_000));
  expect(size.rows).toBe(1);
  size.learn(chunkOf(100, 300));
  expect(size.rows).toBe(163);
});

it('asks for one at least, and for no more than 200', () => {
  const size = new ReadSize();
  size.learn(chunkOf(10 * CHUNK_BYTES));
  expect(size.rows).toBe(1);
  size.learn(chunkOf(5, 7));
  expect(size.rows).toBe(200);
  size.learn(chunkOf());
  expect(size.rows).toBe(200);
});
