import { creditsFromMicros } from '@app/common';
import { type MemberOrganization, type OrganizationDetails, type OrganizationSettings, organizationSettings } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { OrganizationSummary } from '../../auth/dto/session.response';

export class OrganizationResponse extends OrganizationSummary {
  @ApiProperty({ enum: ['personal', 'team'], example: 'team' }) kind!: MemberOrganization['kind'];
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) createdAt!: string;

  static from(organization: MemberOrganization): OrganizationResponse {
    const { id, name, slug, role, kind, createdAt } = organization;
    return { id, name, slug, role, kind, createdAt: createdAt.toISOString() };
  }
}

export class OrganizationSettingsResponse implements Required<OrganizationSettings> {
  @ApiProperty({ type: [String], example: ['example.com'], description: 'Only people with an e-mail address of these domains may be invited and join; empty: anybody.' })
  allowedEmailDomains!: string[];
}

export class OrganizationDetailsResponse extends OrganizationResponse {
  @ApiProperty({ type: 'integer', example: 3 }) memberCount!: number;
  @ApiProperty({ type: Number, nullable: true, example: 25, description: 'The balance counts as low from this many credits on; null: at nothing.' }) lowBalance!: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 25_000_000 }) lowBalanceMicros!: number | null;
  @ApiProperty({ type: OrganizationSettingsResponse }) settings!: OrganizationSettingsResponse;
  @ApiProperty({ format: 'date-time', example: '2026-11-23T08:00:00.000Z' }) updatedAt!: string;

  static fromDetails(details: OrganizationDetails): OrganizationDetailsResponse {
    const { memberCount, lowBalanceMicro, settings, updatedAt } = details;
    return {
      ...OrganizationResponse.from(details),
      memberCount,
      lowBalance: lowBalanceMicro === null ? null : creditsFromMicros(lowBalanceMicro),
      lowBalanceMicros: lowBalanceMicro === null ? null : Number(lowBalanceMicro),
      settings: organizationSettings(settings),
      updatedAt: updatedAt.toISOString(),
    };
  }
}
