import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Received } from '../support/contract';

const ANSWER_MS = 20_000;
/** Streams never end by themselves: what came until then is looked at. */
const STREAM_MS = 150;
const MOST_TEXT = 4_000_000;

/** A request as it goes over the wire. */
export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** No answer came: the connection broke or it took too long. */
export class NoAnswer extends Error {}

/** Sends requests to one server over connections that are kept. */
export class FuzzClient {
  private readonly agent: Agent;
  private readonly url: URL;

  constructor(url: string, connections: number) {
    this.url = new URL(url);
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.agent.destroy();
  }

  /** @throws {NoAnswer} */
  send(sent: Sent): Promise<Received> {
    return new Promise((resolve, reject) => {
      const length = sent.body === null || 'transfer-encoding' in sent.headers ? {} : { 'content-length': String(sent.body.length) };
      const call = request({ agent: this.agent, hostname: this.url.hostname, port: this.url.port, method: sent.method, path: sent.target, headers: { ...sent.headers, ...length }, timeout: ANSWER_MS, maxHeaderSize: 65_536 });
      const fail = (error: Error): void => reject(new NoAnswer(`${sent.method} ${sent.target.slice(0, 200)}: ${error.message}`));
      call.once('timeout', () => call.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
      call.once('error', fail);
      call.once('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const end = (): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
        response.on('data', (chunk: Buffer) => {
          if (size < MOST_TEXT) chunks.push(chunk);
          size += chunk.length;
        });
        response.once('end', end);
        response.once('error', fail);
        if (String(response.headers['content-type']).startsWith('text/event-stream')) setTimeout(() => (end(), call.destroy()), STREAM_MS);
      });
      call.end(sent.body ?? undefined);
    });
  }

  /** Bytes over a bare socket, for what is no HTTP; everything that came back before the server or `ms` ended it. */
  sendBytes(bytes: Buffer, ms = 1_500): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(Number(this.url.port), this.url.hostname);
      let text = '';
      const timer = setTimeout(() => socket.destroy(), ms);
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.once('close', () => (clearTimeout(timer), resolve(text)));
      socket.once('connect', () => socket.write(bytes));
    });
  }
}

/** The request as a shell command, to repeat it by hand. */
export function curl(url: string, { method, target, headers, body }: Sent): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  const isText = body !== null && body.equals(Buffer.from(body.toString('utf8'), 'utf8')) && !body.includes(0);
  const data = body === null ? [] : isText ? [`--data-binary ${quote(body.length > 3_000 ? `${body.toString('utf8', 0, 3_000)}… (${body.length} bytes)` : body.toString('utf8'))}`] : [`--data-binary @<(printf %s ${body.subarray(0, 3_000).toString('base64')} | base64 -d)`];
  return ['curl -i --path-as-is -X', method, ...lines, ...data, quote(`${url}${target}`)].join(' ');
}
