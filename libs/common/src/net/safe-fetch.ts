import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { AppError } from '../errors/app-error';
import { isLoopbackAddress, isPublicAddress } from './public-address';
import { assertSafeUrl, unsafeUrl, type UrlRules } from './safe-url';

export interface SafeFetchLimits extends UrlRules {
  /** For the whole exchange, the answer's body included. */
  readonly timeoutMs: number;
  /** Longest answer, after decompression. */
  readonly maxBytes: number;
  /** All addresses of a name; the system's resolver unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** A `fetch` for addresses that users gave; takes and gives what the platform's own does, so that vendors' SDKs can use it. */
export type SafeFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const CONNECT_MS = 10_000;
const IDLE_MS = 10_000;

/**
 * Builds a `fetch` that only reaches the public internet. The addresses of a name are looked up when it connects, every one must be public, and
 * the connection goes to the very address that was checked, so a name that changes its answer gains nothing. Redirects are not followed: the 3xx
 * is the answer.
 * @throws {AppError} unsafe_url, from the returned function; network faults are TypeErrors, a time-out is a DOMException "TimeoutError"
 */
export function createSafeFetch(limits: SafeFetchLimits): SafeFetch {
  // At the first call: a process that never makes one does not load the client.
  let dispatcher: Agent | undefined;
  return async (input, init = {}) => {
    // A Request's own body and headers would be lost here: SDKs hand over a text and an init.
    dispatcher ??= new Agent({ connect: checkedConnector(limits), keepAliveTimeout: IDLE_MS, headersTimeout: limits.timeoutMs, bodyTimeout: limits.timeoutMs });
    const url = assertSafeUrl(input instanceof Request ? input.url : String(input), limits);
    const deadline = AbortSignal.timeout(limits.timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    try {
      const answer = await undiciFetch(url, { ...(init as object), headers: [...new Headers(init.headers)], redirect: 'manual', signal, dispatcher });
      return limited(answer, limits.maxBytes);
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  };
}

/** Connects to an address that was checked, whatever the name may resolve to a moment later. */
function checkedConnector(limits: SafeFetchLimits): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_MS });
  return (options, callback) => {
    checkedAddress(options.hostname, limits).then(
      // The name stays what the certificate is checked against.
      (address) => connect({ ...options, hostname: address, host: address, servername: isIP(bare(options.hostname)) ? '' : (options.servername ?? options.hostname) }, callback),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}

async function checkedAddress(hostname: string, limits: SafeFetchLimits): Promise<string> {
  const host = bare(hostname);
  const addresses = isIP(host) ? [host] : await (limits.resolve ?? resolveAll)(host);
  const isAllowed = (address: string): boolean => isPublicAddress(address) || (limits.allowLoopback && isLoopbackAddress(address));
  const [first] = addresses;
  if (first === undefined) throw unsafeUrl('names a host that does not exist');
  if (!addresses.every(isAllowed)) throw unsafeUrl('points at a private address');
  return first;
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The same answer, whose body breaks off with an error beyond `maxBytes`. */
function limited(answer: Response, maxBytes: number): Response {
  if (answer.body === null) return answer;
  let bytes = 0;
  const counted = answer.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) controller.error(new TypeError(`the answer is longer than ${maxBytes} bytes`));
        else controller.enqueue(chunk);
      },
    }),
  );
  const copy = new Response(counted, { status: answer.status, statusText: answer.statusText, headers: [...answer.headers] });
  Object.defineProperty(copy, 'url', { value: answer.url });
  return copy;
}

/** undici wraps what a connector throws. */
function refusalIn(error: unknown): AppError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AppError) return cause;
  return null;
}
