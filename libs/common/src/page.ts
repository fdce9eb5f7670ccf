/** A page of a keyset-paged list. `next` is the key of its last row, or null when nothing follows. */
export interface Page<Row> {
  readonly rows: Row[];
  readonly next: PageKey | null;
}

/** Sort key and id of the last row shown: the next page begins after it. */
export interface PageKey {
  readonly sort: string;
  readonly id: string;
}

/** What a store's list method is asked for. */
export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly after: PageKey | null;
  readonly order: 'desc' | 'asc';
}

/** Cuts `limit + 1` rows that a store read into a page. */
export function toPage<Row>(rows: Row[], limit: number, key: (row: Row) => PageKey): Page<Row> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last ? key(last) : null };
}
