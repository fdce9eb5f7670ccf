import type { CredentialRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { readHostKey, type HostKey } from './host-key';
import { fingerprintOf } from './ssh-wire';

export class HostKeyResponse implements HostKey {
  @ApiProperty({ example: 'ssh-ed25519' }) type!: string;
  @ApiProperty({ example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE' }) key!: string;
  @ApiProperty({ example: 'SHA256:Zm9vYmFy', description: 'As `ssh-keygen -l` shows it.' }) fingerprint!: string;
}

/** What a server presents now. Nobody vouches for it: compare the fingerprints with what its owner says. */
export class HostKeysResponse {
  @ApiProperty({ type: [HostKeyResponse] }) hostKeys!: HostKeyResponse[];
}

/** The credential of a repository; password and private key are never shown. */
export class CredentialResponse {
  @ApiProperty({ enum: ['basic', 'ssh'] }) kind!: CredentialRow['kind'];
  @ApiProperty({ type: String, nullable: true }) username!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The half of the deploy key that the git host is given.' }) publicKey!: string | null;
  @ApiProperty({ type: String, nullable: true }) fingerprint!: string | null;
  @ApiProperty({ type: [HostKeyResponse] }) hostKeys!: HostKeyResponse[];
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Who set it last.' }) updatedBy!: string | null;

  static from({ kind, username, publicKey, hostKeys, updatedAt, updatedByUserId }: CredentialRow): CredentialResponse {
    const fingerprint = publicKey === null ? null : fingerprintOf(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64'));
    const shown = hostKeys.map((key) => readHostKey(key)).filter((key) => key !== null);
    return { kind, username, publicKey, fingerprint, hostKeys: shown, updatedAt: updatedAt.toISOString(), updatedBy: updatedByUserId };
  }
}
