import { randomBytes } from 'node:crypto';
import { CreditAccountStore, FreePlan } from '@app/billing';
import { newId, notFound } from '@app/common';
import { OrganizationMemberStore, OrganizationStore, recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { readCredits } from '@app/submission';
import type { Membership } from './access/organization.guard';
import type { CreateOrganizationDto, UpdateOrganizationDto } from './dto/organization.dto';
import { OrganizationDetailsResponse } from './dto/organization.response';

/** Making teams, and changing what an organization is called and follows. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationStore,
    private readonly members: OrganizationMemberStore,
    private readonly freePlan: FreePlan,
    private readonly accounts: CreditAccountStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * A team with its first owner, on the free plan, without credits: those come once per person.
   * @throws {AppError} organization_limit; slug_taken comes from the database
   */
  create(userId: string, dto: CreateOrganizationDto, call: IdempotentCall | null): Promise<OrganizationDetailsResponse> {
    const organizationId = newId();
    const { name, slug = slugFrom(name) } = dto;
    return this.unitOfWork.run(async (tx) => {
      await this.members.assertOneMore(tx, userId);
      await this.organizations.createTeam(tx, { id: organizationId, name, slug, ownerUserId: userId });
      await this.freePlan.startTeam(tx, { organizationId, userId });
      await recordAudit(tx, { organizationId, action: 'organization.created', targetType: 'organization', targetId: organizationId, changes: { name, slug } });
      const shown = await this.read(tx, { organizationId, userId });
      await call?.complete(tx, { status: 201, body: shown, headers: { Location: locationOf(organizationId) } });
      return shown;
    });
  }

  get(member: Membership): Promise<OrganizationDetailsResponse> {
    return this.read(this.unitOfWork.reader, member);
  }

  /**
   * @param check refuses the version that is found, by throwing
   * @throws {AppError} not_found; slug_taken comes from the database
   */
  update(member: Membership, dto: UpdateOrganizationDto, check: (current: OrganizationDetailsResponse) => void): Promise<OrganizationDetailsResponse> {
    const { organizationId } = member;
    const { name, slug, lowBalance, settings } = dto;
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.organizations.lock(tx, organizationId))) throw notFound();
      check(await this.read(tx, member));
      if (Object.values(dto).every((value) => value === undefined)) return this.read(tx, member);
      await this.organizations.update(tx, organizationId, { name, slug, settings: settings && { ...settings } });
      if (lowBalance !== undefined) await this.accounts.setLowBalance(tx, organizationId, readCredits(lowBalance));
      await recordAudit(tx, { organizationId, action: 'organization.updated', targetType: 'organization', targetId: organizationId, changes: { ...dto } });
      return this.read(tx, member);
    });
  }

  private async read(tx: Tx, { organizationId, userId }: Pick<Membership, 'organizationId' | 'userId'>): Promise<OrganizationDetailsResponse> {
    const details = await this.organizations.findForMember(tx, organizationId, userId);
    if (!details) throw notFound();
    return OrganizationDetailsResponse.fromDetails(details);
  }
}

export function locationOf(organizationId: string): string {
  return `/api/v1/organizations/${organizationId}`;
}

/** The name's letters and digits, and four bytes that make it nobody else's. */
export function slugFrom(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  const words = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 50).replace(/-+$/, '');
  return `${words || 'team'}-${randomBytes(4).toString('hex')}`;
}
