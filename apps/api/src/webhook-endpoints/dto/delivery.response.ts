import { WEBHOOK_EVENTS, type EndpointDeliveryRow } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead', 'cancelled'] as const satisfies readonly EndpointDeliveryRow['status'][];

/** One event to one endpoint. */
export class DeliveryResponse {
  @ApiProperty({ format: 'uuid', example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }) id!: string;
  @ApiProperty({ example: 'evt_019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7b', description: 'The `webhook-id` header: the same for every endpoint, try and redelivery.' }) eventId!: string;
  @ApiProperty({ example: 'task.completed', enum: WEBHOOK_EVENTS }) eventType!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7c' }) taskId!: string | null;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'delivered', description: '`dead`: all tries failed · `cancelled`: the endpoint was disabled or deleted before' }) status!: EndpointDeliveryRow['status'];
  @ApiProperty({ type: 'integer', minimum: 0, example: 1, description: 'Tries, since the last redelivery if there was one.' }) attempts!: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 200, description: 'HTTP status of the last answer; null: there was none.' }) lastStatus!: number | null;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why the last try failed, in our words. The answer\'s body is not kept.' }) lastError!: string | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 84, description: 'null while a try is under way.' }) lastDurationMs!: number | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null, description: 'Only while it is pending.' }) nextAttemptAt!: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.120Z' }) deliveredAt!: string | null;

  static from(row: EndpointDeliveryRow): DeliveryResponse {
    const { id, eventId, eventType, taskId, status, attempts, lastStatus, lastError, lastDurationMs } = row;
    return {
      id, eventId, eventType, taskId, status, attempts, lastStatus, lastError, lastDurationMs,
      nextAttemptAt: status === 'pending' ? row.nextAttemptAt.toISOString() : null,
      createdAt: row.createdAt.toISOString(),
      deliveredAt: row.deliveredAt?.toISOString() ?? null,
    };
  }
}

/** One delivery with what was sent. */
export class DeliveryDetailsResponse extends DeliveryResponse {
  @ApiProperty({ description: 'The exact text that is signed and sent.', example: '{"id":"evt_019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7b","type":"ping","createdAt":"2026-11-23T08:00:00.000Z","organizationId":"019a0e6a-0000-7000-8000-000000000001","data":{}}' })
  body!: string;

  static of(row: EndpointDeliveryRow & { readonly body: string }): DeliveryDetailsResponse {
    return { ...DeliveryResponse.from(row), body: row.body };
  }
}

/** What was put on its way. */
export class DeliveryReferenceResponse {
  @ApiProperty({ format: 'uuid', example: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a', description: 'Look at it with GET /webhook-endpoints/{id}/deliveries/{deliveryId}.' }) deliveryId!: string;
}
