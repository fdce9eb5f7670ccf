import { WorkspaceError, type FileEntry, type FileSlice, type SearchMatch } from '@app/agent';
import { isRecord } from './file-tool-session';

/** Checks of what the sandbox answered: it is data from a hostile place, so every field is looked at. */

const MAX_SEARCH_LINE = 2_000;

export function checkSlice(value: unknown, maxLines: number): FileSlice {
  if (!isRecord(value)) throw nonsense();
  const { hash, totalLines, fromLine, lines, truncated } = value;
  if (!isHash(hash) || !isCount(totalLines) || !isCount(fromLine) || typeof truncated !== 'boolean' || !isTexts(lines)) throw nonsense();
  if (lines.length > Math.max(0, maxLines)) throw nonsense();
  return { hash, totalLines, fromLine, lines, truncated };
}

export function checkWhole(value: unknown): { content: string; hash: string } {
  if (!isRecord(value) || typeof value.content !== 'string' || !isHash(value.hash)) throw nonsense();
  return { content: value.content, hash: value.hash };
}

export function checkHash(value: unknown): string {
  if (!isRecord(value) || !isHash(value.hash)) throw nonsense();
  return value.hash;
}

export function checkEntries(value: unknown, maxEntries: number): FileEntry[] {
  if (!Array.isArray(value) || value.length > maxEntries) throw nonsense();
  return value.map((entry: unknown) => {
    if (!isRecord(entry) || typeof entry.path !== 'string' || !isCount(entry.sizeBytes)) throw nonsense();
    const { path, kind, sizeBytes } = entry;
    if (kind !== 'file' && kind !== 'folder' && kind !== 'link') throw nonsense();
    return { path, kind, sizeBytes };
  });
}

/** Lines of `git grep -nz`: path NUL line NUL text; one that was cut off in the middle is dropped. */
export function matchesOf(output: string, max: number): SearchMatch[] {
  const matches: SearchMatch[] = [];
  for (const row of output.split('\n').slice(0, -1)) {
    const [path, line, ...rest] = row.split('\0');
    if (path === undefined || line === undefined || !/^\d+$/.test(line)) continue;
    matches.push({ path, line: Number(line), text: rest.join('\0').slice(0, MAX_SEARCH_LINE) });
    if (matches.length >= max) break;
  }
  return matches;
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function nonsense(): WorkspaceError {
  return new WorkspaceError('denied', 'The sandbox gave an answer that makes no sense; try again.');
}
