import { AppError, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE } from '@app/common';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Public } from '../../auth/auth.decorators';
import type { HttpRequest } from '../../http/http-request';
import { Problems } from '../../http/openapi/problems.decorator';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { ClerkSignature } from './clerk-signature';
import { INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD } from './incoming-webhooks.errors';
import { readRawBody } from './raw-body';
import { WebhookInbox } from './webhook-inbox';

const MAX_BYTES = 1024 * 1024;

@Controller('webhooks')
export class ClerkWebhookController {
  constructor(
    private readonly signature: ClerkSignature,
    private readonly inbox: WebhookInbox,
  ) {}

  @Public()
  @RateLimit('webhooks')
  @HttpCode(200)
  @Post('clerk')
  @ApiOperation({ summary: 'Take in an event of Clerk', description: 'Signed by Clerk over the raw bytes, at most 300 s old, at most 1 MB. Stored and answered; worked on after that. A repeat is answered alike.' })
  @ApiHeader({ name: 'svix-id', description: 'Id of the delivery, the same at each try. All three headers are also known as `webhook-…`.', schema: { type: 'string' } })
  @ApiHeader({ name: 'svix-timestamp', description: 'Unix seconds.', schema: { type: 'string' } })
  @ApiHeader({ name: 'svix-signature', description: 'One or more signatures, `v1,<base64>`, separated by spaces.', schema: { type: 'string' } })
  @ApiBody({ schema: { type: 'object', additionalProperties: true }, description: 'The event, as Clerk describes it.' })
  @ApiOkResponse({ description: 'Taken in, now or before.' })
  @Problems(INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE)
  async receive(@Req() request: HttpRequest): Promise<void> {
    if (!this.signature.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'No signing secret of Clerk is set here.');
    const rawBody = await readRawBody(request, MAX_BYTES);
    const { deliveryId, event } = await this.signature.check(request, rawBody);
    const { type, data, timestamp } = event as { type: unknown; data: unknown; timestamp: unknown };
    if (typeof type !== 'string' || type === '' || type.length > 100 || type.includes('\0')) throw new AppError(INVALID_WEBHOOK_PAYLOAD, 'The body is no event: it has no type.');
    await this.inbox.accept({ source: 'clerk', deliveryId, eventType: type, subjectId: subjectOf(type, data), occurredAt: timeOf(timestamp), rawBody });
  }
}

/** The person the event is about, where it is about one. */
function subjectOf(type: string, data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null;
  const id = (data as Record<string, unknown>)[type.startsWith('user.') ? 'id' : 'user_id'];
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,255}$/.test(id) ? id : null;
}

function timeOf(timestamp: unknown): Date | null {
  const time = typeof timestamp === 'number' ? new Date(timestamp) : null;
  return time && time.getTime() > 0 && time.getUTCFullYear() < 10_000 ? time : null;
}
