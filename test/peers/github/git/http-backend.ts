import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Git } from './git';

export interface GitRequest {
  readonly projectRoot: string;
  /** `/owner/name.git/info/refs` as it lies on disk. */
  readonly path: string;
  readonly query: string;
  /** Null for an anonymous one, which may not push. */
  readonly user: string | null;
}

/** Hands one request to `git http-backend` as a web server does by CGI. Resolves when the program has ended; the answer is left open for the caller to end. */
export async function serveGit(git: Git, { projectRoot, path, query, user }: GitRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { 'content-length': length, 'git-protocol': protocol, 'content-encoding': encoding, 'content-type': type } = request.headers;
  const child = git.spawn(['http-backend'], {
    GIT_PROJECT_ROOT: projectRoot,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: type ?? '',
    ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
    GIT_PROTOCOL: typeof protocol === 'string' ? protocol : '',
    HTTP_CONTENT_ENCODING: encoding ?? '',
    ...(user === null ? {} : { REMOTE_USER: user }),
  });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('git http-backend has no pipes');
  stderr.resume();
  request.pipe(stdin.on('error', () => undefined));
  response.on('close', () => stdout.destroyed || stdout.resume());
  const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  let head = Buffer.alloc(0);
  let isHeadRead = false;
  stdout.on('data', (chunk: Buffer) => {
    if (isHeadRead) {
      if (!response.write(chunk)) pause(stdout, response);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    isHeadRead = true;
    writeHead(response, head.subarray(0, end).toString('latin1'));
    response.write(head.subarray(end + 4));
  });
  await ended;
  if (!isHeadRead) response.writeHead(500);
}

/** Waits for the client, unless it is gone: then the rest is thrown away. */
function pause(stdout: NodeJS.ReadableStream, response: ServerResponse): void {
  if (response.destroyed) return;
  stdout.pause();
  response.once('drain', () => stdout.resume()).once('close', () => stdout.resume());
}

function writeHead(response: ServerResponse, head: string): void {
  const fields = head.split('\r\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const status = Number(fields.find(([name]) => name.toLowerCase() === 'status')?.[1].slice(0, 3) ?? 200);
  response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name.toLowerCase() !== 'status')));
}
