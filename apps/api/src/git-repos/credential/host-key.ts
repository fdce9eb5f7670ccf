import { fingerprintOf, SshReader } from './ssh-wire';

/** A key that a server proves itself with. */
export interface HostKey {
  readonly type: string;
  /** "ssh-ed25519 AAAA…": as it is kept, and as a line of known_hosts ends. */
  readonly key: string;
  readonly fingerprint: string;
}

const TYPES: readonly string[] = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
const LINE = /^(?:\S{1,1000}[ \t]+)?([a-z0-9-]{1,40})[ \t]+([A-Za-z0-9+/]{40,4000}={0,2})(?:[ \t].{0,200})?$/;

/** Reads a host key, alone or as a line of known_hosts; null: it is none. Names and marks before the key do not count: it is this server's. */
export function readHostKey(text: string): HostKey | null {
  const line = text.trim();
  if (/[\r\n\0]/.test(line) || line.startsWith('#') || line.startsWith('@')) return null;
  const [, type = '', base64 = ''] = LINE.exec(line) ?? [];
  const blob = Buffer.from(base64, 'base64');
  if (!TYPES.includes(type) || blob.toString('base64') !== base64 || typeIn(blob) !== type) return null;
  return { type, key: `${type} ${base64}`, fingerprint: fingerprintOf(blob) };
}

/** The type that the key itself names; null when it is cut or longer than its parts. */
function typeIn(blob: Buffer): string | null {
  try {
    const reader = new SshReader(blob);
    const type = reader.string().toString('latin1');
    reader.string();
    while (!reader.isAtEnd) reader.string();
    return type;
  } catch {
    return null;
  }
}
