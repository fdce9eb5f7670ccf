import { Secret } from '@app/common';
import type { OpenedCredential } from '@app/domain';

/** A user and a password, or a token in its place. */
export interface BasicCredentials {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: Secret;
}

/** A key of our own, and the keys by which the server is told from any other. */
export interface SshCredentials {
  readonly kind: 'ssh';
  readonly privateKey: Secret;
  /** "ssh-ed25519 AAAA…", one each. */
  readonly hostKeys: readonly string[];
}

/** What one git process may show to one remote. A secret by itself is a forge's token. */
export type GitCredentials = Secret | BasicCredentials | SshCredentials;

/** User name that forges want beside a token. */
const TOKEN_USER = 'x-access-token';

/** The credential of a repository as git takes it; null: it has none. */
export function gitCredentialsOf(stored: OpenedCredential | null): GitCredentials | null {
  if (stored === null) return null;
  return stored.kind === 'basic' ? { kind: 'basic', username: stored.username, password: stored.secret } : { kind: 'ssh', privateKey: stored.secret, hostKeys: stored.hostKeys };
}

/** The header of HTTP's basic authentication, without its name; null for a key. */
export function basicOf(credentials: GitCredentials | null): string | null {
  if (credentials === null || isSsh(credentials)) return null;
  const [user, secret] = credentials instanceof Secret ? [TOKEN_USER, credentials] : [credentials.username, credentials.password];
  return secret.use((text) => Buffer.from(`${user}:${text}`).toString('base64'));
}

/** Every spelling in which a credential could be repeated. */
export function spellingsOf(credentials: GitCredentials | null): string[] {
  if (credentials === null) return [];
  const basic = basicOf(credentials);
  const secret = credentials instanceof Secret ? credentials : isSsh(credentials) ? credentials.privateKey : credentials.password;
  return secret.use((text) => [text, encodeURIComponent(text), Buffer.from(text).toString('base64'), ...(basic === null ? [] : [basic])]);
}

export function isSsh(credentials: GitCredentials | null): credentials is SshCredentials {
  return credentials !== null && !(credentials instanceof Secret) && credentials.kind === 'ssh';
}
