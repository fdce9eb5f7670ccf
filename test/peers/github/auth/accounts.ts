import type { Repository } from '../repository';
import { Installations } from './installations';
import { People } from './people';
import { UserTokens } from './user-tokens';

/** People, what they may do, their tokens, and where the App is installed. */
export class Accounts {
  readonly people = new People();
  readonly userTokens = new UserTokens();
  readonly installations: Installations;
  readonly clientSecret = 'peer-client-secret-0123456789abcdef01234567';
  /** Callback addresses of the App, the first one first; none: any address of this machine. */
  callbackUrls: readonly string[] = [];
  /** Ids of repositories that are read-only. */
  readonly archived = new Set<number>();
  /** Where names that repositories had lead. */
  readonly formerNames = new Map<string, Repository>();

  constructor(firstInstallationId: number) {
    this.installations = new Installations(firstInstallationId);
  }
}
