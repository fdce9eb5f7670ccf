import type { MemberOrganization } from '@app/domain';
import { ApiProperty } from '@nestjs/swagger';
import { OrganizationSummary } from '../../auth/dto/session.response';

export class OrganizationResponse extends OrganizationSummary {
  @ApiProperty({ enum: ['personal', 'team'] }) kind!: MemberOrganization['kind'];
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(organization: MemberOrganization): OrganizationResponse {
    const { id, name, slug, role, kind, createdAt } = organization;
    return { id, name, slug, role, kind, createdAt: createdAt.toISOString() };
  }
}
