import { AppError, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE } from '@app/common';
import { StripeSignature } from '@app/billing';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Public } from '../../auth/auth.decorators';
import type { HttpRequest } from '../../http/http-request';
import { Problems } from '../../http/openapi/problems.decorator';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD, invalidSignature } from './incoming-webhooks.errors';
import { readRawBody } from './raw-body';
import { WebhookInbox } from './webhook-inbox';

const MAX_BYTES = 1024 * 1024;
const ID = /^[A-Za-z0-9_]{1,255}$/;

@Controller('webhooks')
export class StripeWebhookController {
  constructor(
    private readonly signature: StripeSignature,
    private readonly inbox: WebhookInbox,
  ) {}

  @Public()
  @RateLimit('webhooks')
  @HttpCode(200)
  @Post('stripe')
  @ApiOperation({ summary: 'Take in an event of Stripe', description: 'Signed by Stripe over the raw bytes, at most 300 s old, at most 1 MB. Stored and answered; worked on after that. A repeat is answered alike.' })
  @ApiHeader({ name: 'Stripe-Signature', description: 'Time and one or more signatures: `t=…,v1=…`.', schema: { type: 'string' } })
  @ApiBody({ schema: { type: 'object', additionalProperties: true }, description: 'The event, as Stripe describes it.' })
  @ApiOkResponse({ description: 'Taken in, now or before.' })
  @Problems(INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE)
  async receive(@Req() request: HttpRequest): Promise<void> {
    if (!this.signature.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'No signing secret of Stripe is set here.');
    const header = request.headers['stripe-signature'];
    const rawBody = await readRawBody(request, MAX_BYTES);
    if (typeof header !== 'string' || !this.signature.holds(rawBody, header)) throw invalidSignature();
    const { id, type, created, apiVersion, livemode, objectId } = readEvent(rawBody);
    await this.inbox.accept({ source: 'stripe', deliveryId: id, eventType: type, subjectId: objectId, occurredAt: created, apiVersion, livemode, rawBody });
  }
}

interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly created: Date | null;
  readonly apiVersion: string | null;
  readonly livemode: boolean | null;
  readonly objectId: string | null;
}

/** What the inbox keeps beside the bytes. @throws {AppError} invalid_webhook_payload */
function readEvent(rawBody: Buffer): ReadEvent {
  const event = recordIn(parse(rawBody)) ?? {};
  const { id, type, created, api_version: apiVersion, livemode } = event;
  if (!isId(id) || typeof type !== 'string' || !/^[a-z0-9_.]{1,100}$/.test(type)) throw new AppError(INVALID_WEBHOOK_PAYLOAD, 'The body is no event: it has no id, or no type.');
  const object = recordIn(recordIn(event['data'])?.['object']);
  return {
    id, type, created: timeIn(created), apiVersion: typeof apiVersion === 'string' && apiVersion.length <= 64 ? apiVersion : null, livemode: typeof livemode === 'boolean' ? livemode : null,
    objectId: isId(object?.['id']) ? object['id'] : null,
  };
}

function timeIn(created: unknown): Date | null {
  const time = typeof created === 'number' ? new Date(created * 1_000) : null;
  return time && time.getTime() > 0 && time.getUTCFullYear() < 10_000 ? time : null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

function recordIn(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
