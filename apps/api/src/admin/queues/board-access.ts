import { addLogContext, AppError, FORBIDDEN } from '@app/common';
import { becomeActor, recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { unauthenticated } from '../../auth/auth.errors';
import { Authentication } from '../../auth/credentials/authentication';
import { hasPlatformRole, type Principal } from '../../auth/principal';
import { type HttpRequest, pathOf } from '../../http/http-request';

const READS: readonly string[] = ['GET', 'HEAD'];
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Queues: any name, an access token as password", charset="UTF-8"' };

/**
 * Who may open the page of the queues: it stands outside of Nest's guards, so the same questions are asked here, by the same parts. `support` reads,
 * `admin` changes, and every change leaves an audit row.
 */
@Injectable()
export class BoardAccess {
  constructor(
    private readonly authentication: Authentication,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} 401 for a credential that is not good, 403 for who is not staff or may only read */
  async check(request: HttpRequest, response: Response): Promise<void> {
    acceptBasic(request);
    const principal = await this.principal(request, response);
    addLogContext({ userId: principal.userId, organizationId: principal.organizationId });
    if (principal.credential === 'token') throw new AppError(FORBIDDEN, 'Personal access tokens cannot do this; sign in.');
    if (!hasPlatformRole(principal.platformRole, 'support')) throw new AppError(FORBIDDEN, 'This is for the staff of the platform.');
    request.principal = principal;
    if (READS.includes(request.method)) return;
    if (!hasPlatformRole(principal.platformRole, 'admin')) throw new AppError(FORBIDDEN, 'Only an admin may change queues.');
    if (!isOwnPage(request)) throw new AppError(FORBIDDEN, 'Queues are changed from their own page only.');
    await this.audit(principal, request);
  }

  private async principal(request: HttpRequest, response: Response): Promise<Principal> {
    if (request.headers.authorization === undefined) {
      const { kind, detail } = unauthenticated();
      throw new AppError(kind, detail, { headers: CHALLENGE });
    }
    return this.authentication.principalOf(request, response);
  }

  private async audit({ userId }: Principal, request: HttpRequest): Promise<void> {
    becomeActor({ type: 'admin', id: userId });
    const path = pathOf(request).slice(0, 200);
    await this.unitOfWork.run((tx) => recordAudit(tx, { organizationId: null, action: 'queue.changed', targetType: 'queue', targetId: /\/queues\/api\/queues\/([a-z-]{1,60})/.exec(path)?.[1] ?? 'all', changes: { method: request.method, path } }));
  }
}

/** A browser that opens a page can send a password, but no bearer token: the token is taken as one. */
function acceptBasic(request: HttpRequest): void {
  const given = /^Basic ([A-Za-z0-9+/=]{1,12000})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined) return;
  const text = Buffer.from(given, 'base64').toString('utf8');
  request.headers.authorization = `Bearer ${text.slice(text.indexOf(':') + 1)}`;
}

/** A browser keeps a password and sends it with whatever another site makes it ask for; that says where it comes from. */
function isOwnPage({ headers }: HttpRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === undefined || URL.parse(headers.origin)?.host === headers.host;
}
