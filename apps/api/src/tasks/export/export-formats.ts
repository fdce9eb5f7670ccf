import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { TaskResultRow } from '@app/domain';
import { ResultResponse } from '../dto/result.dto';
import { extensionOf } from '../results/result-content';
import type { ExportPart } from './export-parts';

/** What is written, in whichever format. */
export interface TaskExport {
  readonly madeAt: Date;
  readonly parts: readonly ExportPart[];
  readonly results: readonly TaskResultRow[];
  readonly content: (result: TaskResultRow) => Promise<Buffer>;
}

type ShownResult = ResultResponse & { readonly path: string };

/** An archive: values as JSON, rows as one line each, results as files. */
export function zipOf({ madeAt, parts, results, content }: TaskExport): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const add = (path: string, open: () => Readable): void => zip.addReadStreamLazy(path, { mtime: madeAt, mode: 0o644 }, (done) => done(null, tied(open(), output)));
  for (const part of parts) {
    if ('rows' in part) add(`${fileName(part.name)}.ndjson`, () => Readable.from(lines(part.rows())));
    else add(`${fileName(part.name)}.json`, () => Readable.from(document(part.value)));
  }
  const shown = results.map(withPath);
  add('results.json', () => Readable.from(document(() => Promise.resolve(shown))));
  results.forEach((result, index) => add((shown[index] as ShownResult).path, () => Readable.from(bytes(() => content(result)))));
  zip.end();
  return output;
}

/** A file that cannot be read breaks the archive off, and nothing is read for one that nobody takes any more. */
function tied(file: Readable, archive: Readable): Readable {
  const stop = (): void => void file.destroy();
  archive.once('close', stop);
  file.once('close', () => archive.off('close', stop));
  file.once('error', (error) => archive.destroy(error));
  return file;
}

/** One JSON object, written piece by piece. */
export function jsonOf(task: TaskExport): Readable {
  return Readable.from(jsonPieces(task));
}

async function* jsonPieces({ parts, results, content }: TaskExport): AsyncGenerator<string> {
  let lead = '{';
  for (const part of parts) {
    yield `${lead}${JSON.stringify(part.name)}:`;
    if ('rows' in part) yield* list(part.rows());
    else yield JSON.stringify(await part.value());
    lead = ',';
  }
  yield ',"results":';
  yield* list(withContent(results, content));
  yield '}\n';
}

async function* withContent(results: readonly TaskResultRow[], content: TaskExport['content']): AsyncGenerator<object> {
  for (const result of results) {
    const whole = await content(result);
    const isText = isUtf8(whole);
    yield { ...ResultResponse.from(result), encoding: isText ? 'utf8' : 'base64', content: whole.toString(isText ? 'utf8' : 'base64') };
  }
}

async function* list(rows: AsyncIterable<object>): AsyncGenerator<string> {
  let lead = '[';
  for await (const row of rows) {
    yield lead + JSON.stringify(row);
    lead = ',';
  }
  yield lead === '[' ? '[]' : ']';
}

async function* lines(rows: AsyncIterable<object>): AsyncGenerator<Buffer> {
  for await (const row of rows) yield Buffer.from(`${JSON.stringify(row)}\n`);
}

async function* document(read: () => Promise<unknown>): AsyncGenerator<Buffer> {
  yield Buffer.from(`${JSON.stringify(await read(), null, 2)}\n`);
}

async function* bytes(read: () => Promise<Buffer>): AsyncGenerator<Buffer> {
  yield await read();
}

function withPath(result: TaskResultRow, index: number): ShownResult {
  return { ...ResultResponse.from(result), path: `results/${String(index + 1).padStart(3, '0')}-${result.type}.${extensionOf(result.mediaType)}` };
}

/** pullRequest is pull-request. */
function fileName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
