import { AppError } from '@app/common';
import type { ByteRange } from '@app/domain';
import { RANGE_NOT_SATISFIABLE } from './results.errors';

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The one range that a Range header asks for; null: all of it. Several ranges, other units and nonsense count as no header, as RFC 9110
 * allows.
 * @throws {AppError} range_not_satisfiable
 */
export function byteRange(header: string | undefined, size: number): ByteRange | null {
  const match = header === undefined ? null : ONE_RANGE.exec(header.trim());
  const bounds = match && boundsOf(match[1] ?? '', match[2] ?? '', size);
  if (!bounds) return null;
  const { first, last } = bounds;
  if (first >= size || last < first) throw new AppError(RANGE_NOT_SATISFIABLE, `There are ${size} bytes.`, { headers: { 'Content-Range': `bytes */${size}` } });
  return { offset: first, length: last - first + 1 };
}

/** First and last byte; null when the words make no range. */
function boundsOf(first: string, last: string, size: number): { first: number; last: number } | null {
  if (first === '') return last === '' ? null : { first: last === '0' ? size : Math.max(size - Number(last), 0), last: size - 1 };
  if (last !== '' && Number(last) < Number(first)) return null;
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
