import { AppError, INVALID_CURSOR, type PageKey, type PageRequest } from '@app/common';

/** GitHub's page of files: a cursor names the next one, with the size that the list was begun with. */
export function filePage({ after, limit }: PageRequest): { readonly number: number; readonly size: number } {
  if (after === null) return { number: 1, size: limit };
  const [number, size] = after.sort.split('x').map(Number);
  if (number === undefined || size === undefined) throw new AppError(INVALID_CURSOR, 'The cursor is of another list.');
  return { number, size };
}

export function nextFilePage(number: number, size: number, id: string): PageKey {
  return { sort: `${number + 1}x${size}`, id };
}
