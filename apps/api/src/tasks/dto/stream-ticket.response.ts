import { ApiProperty } from '@nestjs/swagger';
import type { StreamTicket } from '../../auth/tickets/stream-tickets';

export class StreamTicketResponse {
  @ApiProperty({ description: 'For `?ticket=`.' }) ticket!: string;
  @ApiProperty({ format: 'date-time', description: 'Until then a stream may be opened with it.' }) expiresAt!: string;

  static from({ ticket, expiresAt }: StreamTicket): StreamTicketResponse {
    return { ticket, expiresAt: expiresAt.toISOString() };
  }
}
