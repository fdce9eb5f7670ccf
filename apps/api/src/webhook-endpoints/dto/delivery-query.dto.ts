import { WEBHOOK_EVENTS, type EndpointDeliveryRow, type WebhookEvent } from '@app/domain';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../http/paging/page.query';
import { DELIVERY_STATUSES } from './delivery.response';

export class DeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES, example: 'dead' })
  @IsOptional() @IsIn(DELIVERY_STATUSES)
  status?: EndpointDeliveryRow['status'];

  @ApiPropertyOptional({ enum: WEBHOOK_EVENTS, example: 'task.completed' })
  @IsOptional() @IsIn(WEBHOOK_EVENTS)
  eventType?: WebhookEvent;
}
