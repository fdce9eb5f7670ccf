import type { ModelGate } from '@app/agent';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, chown, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { SandboxIdentity } from '../sandbox/sandbox-spec';
import { GatewayAnswer } from './gateway-answer';
import { readBody } from './request-body';
import { routeOf, type Route } from './routes';
import { BadCall } from './wires/wire';
import { openAiChat } from './wires/openai-chat.wire';

const SOCKET_FILE = 'model.sock';
const HEADER_BYTES = 32_768;
const HEADER_MS = 10_000;
/** A whole body has to arrive within. */
const BODY_MS = 60_000;
const MOST_CONNECTIONS = 32;
const BYTES_PER_TOKEN = 3;

/**
 * The only way from one external agent to one model: an HTTP server on a unix socket, for one turn. It speaks the vendors' APIs inwards; outwards goes what the
 * task's own model and credential are. Nothing of ours is on its inner side but the token, which opens this door alone.
 */
export class ModelGateway {
  readonly token = randomBytes(32).toString('hex');
  private readonly digest = digestOf(this.token);
  private readonly server: Server;

  private constructor(
    private readonly gate: ModelGate,
    /** Host path of the socket. */
    readonly socket: string,
  ) {
    this.server = createServer({ maxHeaderSize: HEADER_BYTES, headersTimeout: HEADER_MS, requestTimeout: BODY_MS, keepAliveTimeout: 30_000 }, (request, response) => void this.serve(request, response));
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.on('clientError', (_, client) => client.destroy());
  }

  /** Opens the door in a folder of ours; only that sandbox's user may use it. `close` it when the sandbox has ended. */
  static async open(folder: string, identity: SandboxIdentity | null, gate: ModelGate): Promise<ModelGateway> {
    const gateway = new ModelGateway(gate, join(folder, SOCKET_FILE));
    // A socket's path may have 107 bytes, the folder's may be longer: the kernel takes the way over the open folder.
    const handle = await open(folder);
    try {
      await new Promise<void>((resolve, reject) => gateway.server.once('error', reject).listen({ path: `/proc/self/fd/${handle.fd}/${SOCKET_FILE}` }, resolve));
    } finally {
      await handle.close();
    }
    if (identity) await chown(gateway.socket, identity.uid, identity.gid);
    await chmod(gateway.socket, 0o600);
    return gateway;
  }

  /** Takes nothing more, and resolves when the running call is settled. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await Promise.all([closed, this.gate.close()]);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    const url = new URL(request.url ?? '/', 'http://gateway');
    const route = routeOf(request.method ?? '', url.pathname);
    const answer = new GatewayAnswer(response, route?.wire ?? openAiChat);
    try {
      if (!this.knows(request, url)) return answer.refuse({ code: 'auth', message: 'The token is not that of this task.' }, 401);
      if (route === null) return answer.refuse({ code: 'not_found', message: `${request.method} ${url.pathname} is not served here.` }, 404);
      await this.answer(request, route, answer);
    } catch (error) {
      if (error instanceof BadCall) answer.refuse({ code: 'bad_request', message: error.message }, 400);
      else response.destroy(error as Error);
    }
  }

  private async answer(request: IncomingMessage, route: Route, answer: GatewayAnswer): Promise<void> {
    if (route.kind === 'models') return answer.send(this.models(route.wire === openAiChat));
    const body = await readBody(request);
    if (body === null) return answer.refuse({ code: 'context_overflow', message: 'The request is too large.' }, 413);
    const value = parsed(body);
    if (route.kind === 'count') return answer.send(this.counted(body.length));
    const call = route.wire.read(value, route.path);
    await answer.give(call, this.gate.call(call.request));
  }

  private models(isList: boolean): object {
    const { model, modelName } = this.gate;
    const { contextWindow, maxOutputTokens } = model;
    if (!isList) return { models: [{ name: `models/${modelName}`, displayName: modelName, inputTokenLimit: contextWindow, outputTokenLimit: maxOutputTokens, supportedGenerationMethods: ['generateContent', 'countTokens'] }] };
    return { object: 'list', data: [{ id: modelName, object: 'model', type: 'model', display_name: modelName, created: 0, created_at: '1970-01-01T00:00:00Z', owned_by: 'async-coder' }], has_more: false, first_id: modelName, last_id: modelName };
  }

  /** By size: to be counted exactly, a text would have to be sent. */
  private counted(bytes: number): object {
    const tokens = Math.ceil(bytes / BYTES_PER_TOKEN);
    return { input_tokens: tokens, totalTokens: tokens };
  }

  /** Each wire has a place of its own for the credential. */
  private knows(request: IncomingMessage, url: URL): boolean {
    const { authorization, 'x-api-key': apiKey, 'x-goog-api-key': googleKey } = request.headers;
    const given = [authorization?.replace(/^Bearer\s+/i, ''), apiKey, googleKey, url.searchParams.get('key') ?? undefined].filter((text) => typeof text === 'string');
    return given.some((text) => timingSafeEqual(digestOf(text), this.digest));
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** @throws {BadCall} */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadCall('the body is not JSON');
  }
}
