import { AppConfig, Clock, SecretBox } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { HttpRequest } from '../../http/http-request';
import { TOKEN_EXPIRED, unauthenticated, unauthorized } from '../auth.errors';
import { bearerToken } from '../credentials/bearer';

/** Long enough to open a stream with, too short for an address that was logged somewhere. */
export const TICKET_SECONDS = 60;
/** Our access tokens make tickets of about 1,000 letters; Clerk's may be longer. */
export const MAX_TICKET_LENGTH = 7_000;

export interface StreamTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

/**
 * Tickets for browsers' EventSource, which cannot set a header. A ticket is the caller's own credential, encrypted for one task and a minute:
 * what it opens is judged as if the credential had been sent, then and for as long as the stream is open.
 */
@Injectable()
export class StreamTickets {
  private readonly box: SecretBox;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.box = config.core.JWT_SECRET.use((secret) => SecretBox.derive(Buffer.from(secret), 'stream tickets'));
  }

  /** @param organizationId the organization that the caller acted in */
  issue(request: HttpRequest, { taskId, organizationId }: { taskId: string; organizationId: string }): StreamTicket {
    const token = bearerToken(request);
    if (token === null) throw unauthenticated();
    const expiresAt = new Date(this.clock.now().getTime() + TICKET_SECONDS * 1_000);
    const content = JSON.stringify({ token, organizationId, expiresAt: expiresAt.getTime() });
    return { ticket: this.box.seal(Buffer.from(content), taskId).toString('base64url'), expiresAt };
  }

  /** Puts the ticket's credential where one is looked for. A request that carries its own keeps it. @throws {AppError} unauthenticated, token_expired */
  redeem(request: HttpRequest): void {
    const { ticket } = request.query;
    if (ticket === undefined || request.headers.authorization !== undefined) return;
    const content = typeof ticket === 'string' && ticket.length <= MAX_TICKET_LENGTH ? this.open(ticket, String(request.params['id'])) : null;
    if (content === null) throw unauthenticated();
    if (content.expiresAt <= this.clock.now().getTime()) throw unauthorized(TOKEN_EXPIRED, 'The ticket has expired. Get a new one with POST /tasks/{id}/events/ticket.');
    const authorization = `Bearer ${content.token}`;
    request.headers.authorization = authorization;
    request.headers['x-organization-id'] = content.organizationId;
    request.rawHeaders.push('Authorization', authorization);
  }

  private open(ticket: string, taskId: string): TicketContent | null {
    try {
      return JSON.parse(this.box.open(Buffer.from(ticket, 'base64url'), taskId.toLowerCase()).toString('utf8')) as TicketContent;
    } catch {
      return null;
    }
  }
}

/** What is in a ticket; only we can write one, so its form is known. */
interface TicketContent {
  readonly token: string;
  readonly organizationId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}
