const HANDSHAKE = 0x16;
const CLIENT_HELLO = 0x01;
const SERVER_NAME = 0;
/** Session id, cipher suites and extensions of today's clients fit several times over. */
const LONGEST = 32_768;

/** What the first bytes of a connection are. */
export type Hello = { readonly kind: 'incomplete' } | { readonly kind: 'not_tls' } | { readonly kind: 'tls'; readonly serverName: string | null };

/**
 * Reads the name of the server out of the beginning of a TLS connection. A client that asks the proxy for one host and the server for another would
 * reach through a shared front what is not on the list.
 */
export function readClientHello(bytes: Buffer): Hello {
  try {
    const message = handshake(bytes);
    if (message === null) return bytes.length > LONGEST ? { kind: 'not_tls' } : { kind: 'incomplete' };
    return { kind: 'tls', serverName: serverName(message) };
  } catch {
    return { kind: 'not_tls' };
  }
}

/** The body of the first handshake message, which may be spread over records; null: not all of it is here. @throws when it is none */
function handshake(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== HANDSHAKE) throw new Error('no handshake');
    if (bytes.length < at + 5) return null;
    if (bytes[at + 1] !== 3) throw new Error('no TLS');
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, end));
    const message = Buffer.concat(parts);
    if (message.length > 0 && message[0] !== CLIENT_HELLO) throw new Error('no client hello');
    if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3)) return message.subarray(4, 4 + message.readUIntBE(1, 3));
    at = end;
  }
  return null;
}

function serverName(hello: Buffer): string | null {
  const reader = new Reader(hello);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  if (reader.isAtEnd) return null;
  const extensions = new Reader(reader.take(reader.number(2)));
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const body = new Reader(extensions.take(extensions.number(2)));
    if (type !== SERVER_NAME) continue;
    const names = new Reader(body.take(body.number(2)));
    const kind = names.number(1);
    return kind === 0 ? names.take(names.number(2)).toString('latin1').toLowerCase() : null;
  }
  return null;
}

/** Steps through a message. @throws when it ends too early */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  skip(size: number): void {
    this.take(size);
  }

  take(size: number): Buffer {
    if (this.at + size > this.bytes.length) throw new RangeError('the message is cut');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}
