import { AppError, invalidField, notFound } from '@app/common';
import { type CredentialRow, type GitRepo, GitRepoStore, type NewCredential, recordAudit, RepositoryCredentialStore, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { CREDENTIAL_NOT_APPLICABLE } from './credential.errors';
import { type DeployKey, generateDeployKey, readDeployKey } from './deploy-key';
import { type HostKey, readHostKey } from './host-key';
import { HostKeyScan } from './host-key-scan';
import type { SetCredentialDto } from './set-credential.dto';

/** How plain git remotes let us in. Every write leaves an audit row, which holds no secret. */
@Injectable()
export class RepositoryCredentials {
  constructor(
    private readonly credentials: RepositoryCredentialStore,
    private readonly repos: GitRepoStore,
    private readonly scan: HostKeyScan,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found when there is none */
  async get({ organizationId }: Principal, repositoryId: string): Promise<CredentialRow> {
    const found = await this.credentials.find(this.unitOfWork.reader, { organizationId, repositoryId });
    if (!found) throw notFound();
    return found;
  }

  /** @throws {AppError} not_found, credential_not_applicable, validation_failed */
  async set(principal: Principal, repositoryId: string, dto: SetCredentialDto): Promise<CredentialRow> {
    const { organizationId, userId } = principal;
    const target = { organizationId, repositoryId };
    await this.remote(principal, repositoryId, dto.kind);
    return this.unitOfWork.run(async (tx) => {
      const { id, isNew } = await this.credentials.put(tx, target, await this.read(tx, target, dto), userId);
      await recordAudit(tx, { organizationId, action: isNew ? 'repository_credential.created' : 'repository_credential.replaced', targetType: 'repository_credential', targetId: id, changes: { repositoryId, kind: dto.kind } });
      const row = await this.credentials.find(tx, target);
      if (!row) throw notFound();
      return row;
    });
  }

  /** False when there was none. */
  delete({ organizationId }: Principal, repositoryId: string): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      const id = await this.credentials.delete(tx, { organizationId, repositoryId });
      if (id !== null) await recordAudit(tx, { organizationId, action: 'repository_credential.deleted', targetType: 'repository_credential', targetId: id, changes: { repositoryId } });
      return id !== null;
    });
  }

  /** What the repository's server presents now. @throws {AppError} not_found, credential_not_applicable, ssh_unavailable, host_key_unreachable */
  async hostKeys(principal: Principal, repositoryId: string): Promise<HostKey[]> {
    return this.scan.of(await this.remote(principal, repositoryId, 'ssh'));
  }

  private async remote({ organizationId }: Principal, repositoryId: string, kind: SetCredentialDto['kind']): Promise<URL> {
    const repo = await this.repos.findForOrganization(organizationId, repositoryId);
    if (!repo) throw notFound();
    return applicable(repo, kind);
  }

  private async read(tx: Tx, target: { organizationId: string; repositoryId: string }, dto: SetCredentialDto): Promise<NewCredential> {
    if (dto.kind === 'basic') return basic(dto);
    for (const field of ['username', 'password'] as const) if (dto[field] !== undefined) throw notWith(field, 'ssh');
    const hostKeys = (dto.hostKeys ?? []).map((text, index) => keyAt(text, index));
    if (hostKeys.length === 0) throw invalidField('/hostKeys', 'required', 'Send the keys that the server must prove itself with.');
    const { privateKey: secret, publicKey } = await this.deployKey(tx, target, dto);
    return { kind: 'ssh', secret, publicKey, hostKeys: [...new Set(hostKeys)] };
  }

  private async deployKey(tx: Tx, target: { organizationId: string; repositoryId: string }, { privateKey, generate }: SetCredentialDto): Promise<DeployKey> {
    if (privateKey !== undefined && generate === true) throw invalidField('/generate', 'conflict', 'Send a privateKey or have one generated, not both.');
    if (generate === true) return generateDeployKey();
    if (privateKey !== undefined) {
      const key = privateKey.use(readDeployKey);
      if ('refused' in key) throw invalidField('/privateKey', 'invalid_key', `The key ${key.refused}.`);
      return key;
    }
    const [shown, opened] = [await this.credentials.find(tx, target), await this.credentials.open(tx, target.organizationId, target.repositoryId)];
    if (opened?.kind !== 'ssh' || !shown?.publicKey) throw invalidField('/privateKey', 'required', 'Send a privateKey, or generate: true.');
    return { privateKey: opened.secret, publicKey: shown.publicKey };
  }
}

function basic(dto: SetCredentialDto): NewCredential {
  for (const field of ['privateKey', 'generate', 'hostKeys'] as const) if (dto[field] !== undefined) throw notWith(field, 'basic');
  const { username, password } = dto;
  if (username === undefined) throw invalidField('/username', 'required', 'Send the user name.');
  if (password === undefined) throw invalidField('/password', 'required', 'Send the password or token.');
  return { kind: 'basic', username, secret: password };
}

function keyAt(text: string, index: number): string {
  const key = readHostKey(text);
  if (!key) throw invalidField(`/hostKeys/${index}`, 'invalid_key', 'This is no host key: "ssh-ed25519 AAAA…", or a line of known_hosts.');
  return key.key;
}

function notWith(field: string, kind: string): AppError {
  return invalidField(`/${field}`, 'not_applicable', `A credential of the kind ${kind} has no ${field}.`);
}

/** @throws {AppError} credential_not_applicable */
function applicable({ provider, cloneUrl }: GitRepo, kind: SetCredentialDto['kind']): URL {
  if (provider !== 'git') throw new AppError(CREDENTIAL_NOT_APPLICABLE, 'A repository of GitHub is reached through the GitHub App; it has no credential of its own.');
  const url = new URL(cloneUrl);
  if ((url.protocol === 'ssh:') === (kind === 'ssh')) return url;
  throw new AppError(CREDENTIAL_NOT_APPLICABLE, kind === 'ssh' ? 'The repository is not reached by ssh: its address begins otherwise.' : 'The repository is reached by ssh, which takes a deploy key.');
}
