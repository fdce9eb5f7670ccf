import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { AppConfig, ConfigError, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';

/** What Clerk's settings come to. */
@Injectable()
export class ClerkSettings {
  /** False: nobody signs in with Clerk here. */
  readonly isConfigured: boolean;
  readonly issuers: readonly string[];
  /** Origins whose tokens are taken: the azp claim. */
  readonly parties: readonly string[];
  /** The key that the operator pinned; null: Clerk's key set is fetched. */
  readonly pinnedKey: JsonWebKey | null;
  readonly apiUrl: string;
  readonly secretKey: Secret | undefined;
  readonly publishableKey: string | undefined;

  /** @throws {ConfigError} */
  constructor(config: AppConfig) {
    const { CLERK_SECRET_KEY, CLERK_PUBLISHABLE_KEY, CLERK_ISSUER, CLERK_JWT_KEY, CLERK_AUTHORIZED_PARTIES, CLERK_API_URL } = config.clerk;
    this.isConfigured = CLERK_SECRET_KEY !== undefined && !config.core.DISABLED_INTEGRATIONS.includes('clerk');
    this.secretKey = CLERK_SECRET_KEY;
    this.publishableKey = CLERK_PUBLISHABLE_KEY;
    this.apiUrl = CLERK_API_URL;
    this.parties = CLERK_AUTHORIZED_PARTIES.length > 0 ? CLERK_AUTHORIZED_PARTIES : [...config.http.CORS_ORIGINS, config.core.PUBLIC_URL];
    this.issuers = CLERK_ISSUER.length > 0 ? CLERK_ISSUER : issuersNamedBy(CLERK_PUBLISHABLE_KEY);
    this.pinnedKey = CLERK_JWT_KEY === undefined ? null : readPublicKey(CLERK_JWT_KEY);
    if (this.isConfigured && this.issuers.length === 0) throw new ConfigError(['CLERK_PUBLISHABLE_KEY names no issuer: set it as Clerk shows it, or set CLERK_ISSUER']);
  }
}

/** A publishable key is its kind and, in base64, the host of the instance's frontend API with a dollar sign behind. */
function issuersNamedBy(publishableKey: string | undefined): string[] {
  const host = Buffer.from(publishableKey?.replace(/^pk_(test|live)_/, '') ?? '', 'base64').toString('utf8');
  return /^[a-z0-9.-]{1,253}\$$/i.test(host) ? [`https://${host.slice(0, -1)}`] : [];
}

function readPublicKey(pem: string): JsonWebKey {
  try {
    const key = createPublicKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'rsa') return { ...key.export({ format: 'jwk' }), alg: 'RS256' };
  } catch {
    // Said below, without the value.
  }
  throw new ConfigError(['CLERK_JWT_KEY is not the PEM of an RSA public key']);
}
