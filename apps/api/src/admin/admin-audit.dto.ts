import type { AuditLogRow } from '@app/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { AuditLogQuery, AuditLogResponse } from '../audit/dto/audit-log.dto';

export class AdminAuditQuery extends AuditLogQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional() @IsUUID()
  organizationId?: string;
}

export class AdminAuditLogResponse extends AuditLogResponse {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null: belongs to no organization.' }) organizationId!: string | null;

  static override from(row: AuditLogRow): AdminAuditLogResponse {
    return { ...AuditLogResponse.from(row), organizationId: row.organizationId };
  }
}
