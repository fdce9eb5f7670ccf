import { HostKeyScan } from './host-key-scan';
import { RepositoryCredentials } from './repository-credentials';

export { RepositoryCredentialController } from './repository-credential.controller';

/** Providers of the credentials of plain git remotes. */
export const REPOSITORY_CREDENTIALS = [HostKeyScan, RepositoryCredentials];
