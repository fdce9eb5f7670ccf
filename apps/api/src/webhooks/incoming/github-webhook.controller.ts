import { AppConfig, AppError, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE } from '@app/common';
import { type GithubPayload, isSignedByGithub, readGithubPayload, webhookSecrets } from '@app/github';
import { Controller, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../../auth/auth.decorators';
import type { HttpRequest } from '../../http/http-request';
import { Problems } from '../../http/openapi/problems.decorator';
import { RateLimit } from '../../http/rate-limit/rate-limit.decorator';
import { INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD, invalidSignature } from './incoming-webhooks.errors';
import { readRawBody } from './raw-body';
import { WebhookInbox } from './webhook-inbox';

/** GitHub sends no more. */
const MAX_BYTES = 25 * 1024 * 1024;
const EVENT = /^[a-z0-9_]{1,100}$/;
const DELIVERY = /^[A-Za-z0-9-]{1,100}$/;

@Controller('webhooks')
export class GithubWebhookController {
  private readonly secrets: readonly string[];

  constructor(
    config: AppConfig,
    private readonly inbox: WebhookInbox,
  ) {
    this.secrets = config.core.DISABLED_INTEGRATIONS.includes('github') ? [] : webhookSecrets(config.github.GITHUB_WEBHOOK_SECRET);
  }

  @Public()
  @RateLimit('webhooks')
  @Post('github')
  @ApiOperation({
    summary: 'Take in an event of GitHub',
    description: 'Signed by GitHub over the raw bytes, at most 25 MB. Stored once and answered; worked on after that. The same delivery again, or its bytes under another id, change nothing.',
  })
  @ApiHeader({ name: 'X-Hub-Signature-256', description: '`sha256=` and the HMAC of the body in hexadecimal digits.', schema: { type: 'string' } })
  @ApiHeader({ name: 'X-GitHub-Event', description: 'Name of the event. One that is not known here is kept and ignored.', schema: { type: 'string' } })
  @ApiHeader({ name: 'X-GitHub-Delivery', description: 'Id of the delivery, the same at each redelivery.', schema: { type: 'string' } })
  @ApiBody({ schema: { type: 'object', additionalProperties: true }, description: 'The event, as GitHub describes it.' })
  @ApiAcceptedResponse({ description: 'Taken in.' })
  @ApiOkResponse({ description: 'Taken in before.' })
  @Problems(INVALID_SIGNATURE, INVALID_WEBHOOK_PAYLOAD, INTEGRATION_NOT_CONFIGURED, PAYLOAD_TOO_LARGE)
  async receive(@Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (this.secrets.length === 0) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'No webhook secret of GitHub is set here.');
    const rawBody = await readRawBody(request, MAX_BYTES);
    if (!isSignedByGithub(rawBody, request.get('x-hub-signature-256'), this.secrets)) throw invalidSignature();
    const deliveryId = named(request, 'X-GitHub-Delivery', DELIVERY);
    const eventType = named(request, 'X-GitHub-Event', EVENT);
    const payload = readGithubPayload(rawBody);
    if (!payload) throw new AppError(INVALID_WEBHOOK_PAYLOAD, 'The body is no event: it is no JSON object.');
    const isNews = await this.inbox.accept({ source: 'github', deliveryId, eventType, ...aboutOf(payload), occurredAt: null, rawBody });
    response.status(isNews ? 202 : 200);
  }
}

/** What is looked for among deliveries without opening them. */
function aboutOf(payload: GithubPayload): { action: string | null; installationId: string | null; subjectId: string | null } {
  const action = payload.text('action');
  return { action: action !== null && EVENT.test(action) ? action : null, installationId: payload.id('installation', 'id'), subjectId: payload.id('repository', 'id') };
}

function named(request: HttpRequest, header: string, form: RegExp): string {
  const value = request.get(header) ?? '';
  if (!form.test(value)) throw new AppError(INVALID_WEBHOOK_PAYLOAD, `The header ${header} is missing, or not as GitHub sends it.`);
  return value;
}
