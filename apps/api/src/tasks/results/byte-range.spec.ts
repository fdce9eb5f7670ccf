import { byteRange } from './byte-range';

it.each([
  [undefined, null],
  ['bytes=0-0', { offset: 0, length: 1 }],
  ['bytes=5-', { offset: 5, length: 5 }],
  ['bytes=-3', { offset: 7, length: 3 }],
  ['bytes=-30', { offset: 0, length: 10 }],
  ['bytes=2-99', { offset: 2, length: 8 }],
  ['bytes=5-2', null],
  ['bytes=0-1,3-4', null],
  ['lines=0-1', null],
  ['bytes=-', null],
])('%s of ten bytes is %j', (header, range) => {
  expect(byteRange(header, 10)).toEqual(range);
});

it.each([['bytes=10-', 10], ['bytes=-0', 10], ['bytes=0-', 0]])('%s of %d bytes cannot be satisfied', (header, size) => {
  expect(() => byteRange(header, size)).toThrow(expect.objectContaining({ code: 'range_not_satisfiable', headers: { 'Content-Range': `bytes */${size}` } }) as Error);
});
