import { newId, notFound, sha256 } from '@app/common';
import { PersonalAccessTokenStore, recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { Principal } from '../principal';
import type { CreateTokenDto } from './dto/create-token.dto';
import { NewTokenResponse, TokenResponse } from './dto/token.response';
import { newTokenText, tokenPrefix } from './token-text';

/** Personal access tokens of the caller, in the organization in force. */
@Injectable()
export class TokensService {
  constructor(
    private readonly tokens: PersonalAccessTokenStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  create({ userId, organizationId }: Principal, dto: CreateTokenDto, call: IdempotentCall | null): Promise<NewTokenResponse> {
    const token = newTokenText();
    const { name, scopes } = dto;
    const expiresInDays = dto.expiresInDays ?? null;
    return this.unitOfWork.run(async (tx) => {
      const row = await this.tokens.create(tx, { id: newId(), userId, organizationId, name, tokenPrefix: tokenPrefix(token), tokenHash: sha256(token), scopes, expiresInDays });
      await recordAudit(tx, { organizationId, action: 'access_token.created', targetType: 'access_token', targetId: row.id, changes: { name, scopes, expiresInDays } });
      const answer = { ...TokenResponse.from(row), token };
      await call?.complete(tx, { status: 201, body: answer, headers: { Location: tokenLocation(row.id) } });
      return answer;
    });
  }

  /** @throws {AppError} not_found */
  async revoke({ userId, organizationId }: Principal, tokenId: string): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.tokens.revoke(tx, { userId, organizationId }, tokenId))) throw notFound();
      await recordAudit(tx, { organizationId, action: 'access_token.revoked', targetType: 'access_token', targetId: tokenId });
    });
  }
}

export function tokenLocation(id: string): string {
  return `/api/v1/auth/tokens/${id}`;
}
