import type { Secret } from '@app/common';
import { SUBSCRIPTIONS, type EndpointRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

const time = (description: string) => ({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z', description }) as const;

/** Where events of the organization are sent. */
export class WebhookEndpointResponse {
  @ApiProperty({ format: 'uuid', example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }) id!: string;
  @ApiProperty({ format: 'uri', example: 'https://example.com/hooks/async-coder' }) url!: string;
  @ApiProperty({ type: String, nullable: true, example: 'Deploys what was merged' }) description!: string | null;
  @ApiProperty({ isArray: true, enum: [...SUBSCRIPTIONS], example: ['task.completed', 'task.failed'], description: '`*`: every event, also those that come later.' }) events!: string[];
  @ApiProperty({ enum: ['active', 'disabled'], example: 'active' }) status!: EndpointRow['status'];
  @ApiProperty({ type: String, enum: ['user', 'failing', null], nullable: true, example: null, description: '`failing`: 30 deliveries in a row could not be made, or it answered 410.' }) disabledReason!: EndpointRow['disabledReason'];
  @ApiProperty({ example: 'whsec_…wxyz', description: 'The last characters of the secret, without its padding. Nothing more of it is ever shown.' }) secretPreview!: string;
  @ApiProperty(time('Until then the secret before this one signs as well; null: only one signs.')) previousSecretExpiresAt!: string | null;
  @ApiProperty(time('Last delivery that it took, to the minute.')) lastSuccessAt!: string | null;
  @ApiProperty(time('Last try that it did not take.')) lastFailureAt!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) updatedAt!: string;

  static from(row: EndpointRow): WebhookEndpointResponse {
    const { id, url, description, events, status, disabledReason } = row;
    return {
      id, url, description, events, status, disabledReason,
      secretPreview: `whsec_…${row.secretLast4}`,
      previousSecretExpiresAt: row.previousSecretExpiresAt?.toISOString() ?? null,
      lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
      lastFailureAt: row.lastFailureAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }
}

const SECRET = { example: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', description: 'Signs what is sent: `whsec_` and the base64 of 32 random bytes. Shown only now.' } as const;

/** A new endpoint with its secret. */
export class CreatedWebhookEndpointResponse extends WebhookEndpointResponse {
  @ApiProperty(SECRET) secret!: string;

  static of(row: EndpointRow, secret: Secret): CreatedWebhookEndpointResponse {
    return { ...WebhookEndpointResponse.from(row), secret: secret.use((text) => text) };
  }
}

/** An endpoint's new secret. */
export class RotatedSecretResponse {
  @ApiProperty(SECRET) secret!: string;
  @ApiProperty(time('Until then the secret before this one signs as well; null: it signs no more.')) previousSecretExpiresAt!: string | null;

  static of(row: EndpointRow, secret: Secret): RotatedSecretResponse {
    return { secret: secret.use((text) => text), previousSecretExpiresAt: row.previousSecretExpiresAt?.toISOString() ?? null };
  }
}
