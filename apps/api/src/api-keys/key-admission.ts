import { Clock, invalidField } from '@app/common';
import { ApiKeyProviderStore, UnitOfWork, type ApiKeyProvider, type KeyVerdict } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { readKeyAddress } from './key-address';
import { KeyProbe, type Credential, type Probed } from './key-probe';
import { verdictOf } from './probe-words';

/** A key as a caller sends it. */
export interface KeyWish extends Omit<Credential, 'baseUrl'> {
  readonly baseUrl?: string | null;
}

/** A key that may be used as it stands. */
export interface CheckedKey {
  readonly credential: Credential;
  readonly vendor: ApiKeyProvider;
}

/** What the provider said about a key; `probed` is null when it was not asked. */
export interface Verified {
  readonly verdict: KeyVerdict;
  readonly probed: Probed | null;
}

const FARTHEST_MS = 100 * 366 * 86_400_000;

/** What a key must be before it is saved or tried. */
@Injectable()
export class KeyAdmission {
  constructor(
    private readonly providers: ApiKeyProviderStore,
    private readonly probe: KeyProbe,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** @throws {AppError} validation_failed at /provider, /keyValue or /baseUrl; unsafe_url */
  async check(wish: KeyWish): Promise<CheckedKey> {
    const vendor = await this.providers.find(this.unitOfWork.reader, wish.provider);
    if (!vendor) throw invalidField('/provider', 'not_allowed', 'there is no such provider; GET /api-keys/providers lists them');
    const baseUrl = wish.baseUrl === undefined || wish.baseUrl === null ? null : readKeyAddress(wish.baseUrl, this.probe.allowLoopback);
    const credential = { provider: wish.provider, secret: wish.secret, baseUrl };
    this.checkPattern(vendor, credential);
    if (this.probe.reach(credential) === null) throw invalidField('/baseUrl', 'required', `baseUrl is required for ${vendor.displayName}`);
    return { credential, vendor };
  }

  /** @param isAsked false: the provider is not called. @throws {AppError} unsafe_url */
  async verify(organizationId: string, { credential, vendor }: CheckedKey, isAsked: boolean): Promise<Verified> {
    if (!isAsked) return { verdict: { status: 'unverified', error: null }, probed: null };
    const probed = await this.probe.tryKey(organizationId, credential);
    return { verdict: verdictOf(vendor.displayName, probed.result), probed };
  }

  /** @throws {AppError} validation_failed at /expiresAt */
  expiry(text: string | null): Date | null {
    if (text === null) return null;
    const time = new Date(text);
    const ahead = time.getTime() - this.clock.now().getTime();
    if (ahead <= 0) throw invalidField('/expiresAt', 'too_small', 'expiresAt must lie ahead');
    if (ahead > FARTHEST_MS) throw invalidField('/expiresAt', 'too_large', 'expiresAt must lie within 100 years');
    return time;
  }

  /** What the vendor's own keys look like. A gateway of the customer's gives out keys of its own. */
  private checkPattern(vendor: ApiKeyProvider, { secret, baseUrl }: Credential): void {
    if (vendor.keyPattern === null || baseUrl !== null) return;
    const pattern = new RegExp(vendor.keyPattern);
    const hint = vendor.keyPrefix === null ? '' : `; they begin with ${vendor.keyPrefix}`;
    if (!secret.use((text) => pattern.test(text))) throw invalidField('/keyValue', 'invalid_format', `this does not look like a key of ${vendor.displayName}${hint}`);
  }
}
