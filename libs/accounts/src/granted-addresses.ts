import { AppConfig, hmacSha256, type Secret } from '@app/common';
import { sqlChange, sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** So long it is remembered; afterwards somebody who comes back is somebody new. */
const KEPT = '1 year';
const PURPOSE = 'granted-address:';
/** Hosts whose mailboxes are the same with and without dots. */
const DOTLESS: readonly string[] = ['gmail.com', 'googlemail.com'];

/**
 * Who had the sign-up grant and erased the account gets no second one. All that is kept of them is a keyed digest of the address, for a year: without the
 * key-encryption key it says nothing, and after that key has changed twice it is forgotten.
 */
@Injectable()
export class GrantedAddresses {
  private readonly keys: readonly Secret[];

  constructor({ core: { KEK, KEK_PREVIOUS } }: AppConfig) {
    this.keys = KEK_PREVIOUS === undefined ? [KEK] : [KEK, KEK_PREVIOUS];
  }

  /** In the transaction that erases the account. */
  async remember(tx: Tx, email: string): Promise<void> {
    await sqlChange(tx, `DELETE FROM granted_addresses WHERE created_at < now() - interval '${KEPT}'`, []);
    await sqlChange(tx, 'INSERT INTO granted_addresses (digest) VALUES ($1) ON CONFLICT (digest) DO UPDATE SET created_at = now()', [this.digests(email)[0]]);
  }

  async knows(tx: Tx, email: string): Promise<boolean> {
    return (await sqlRow(tx, `SELECT 1 AS known FROM granted_addresses WHERE digest = ANY($1) AND created_at >= now() - interval '${KEPT}' LIMIT 1`, [this.digests(email)])) !== null;
  }

  private digests(email: string): Buffer[] {
    const mailbox = mailboxOf(email);
    return this.keys.map((key) => key.use((text) => hmacSha256(text, `${PURPOSE}${mailbox}`)));
  }
}

/** One spelling of all that reach the same mailbox: case, what follows a plus, and where a host ignores them, dots. */
export function mailboxOf(email: string): string {
  const [, local = '', host = ''] = /^(.*)@([^@]*)$/.exec(email.trim().toLowerCase().normalize('NFKC')) ?? [];
  const name = local.split('+')[0] ?? '';
  return DOTLESS.includes(host) ? `${name.replaceAll('.', '')}@gmail.com` : `${name}@${host}`;
}
