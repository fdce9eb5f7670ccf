import { addLogContext, AppError, FORBIDDEN, invalidParameter, isId, notFound } from '@app/common';
import { OrganizationMemberStore, UnitOfWork } from '@app/domain';
import { applyDecorators, type CanActivate, createParamDecorator, type ExecutionContext, Injectable, SetMetadata, UseGuards } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiParam } from '@nestjs/swagger';
import { Policy } from '../../auth/auth.decorators';
import { hasRole, type OrganizationRole } from '../../auth/principal';
import type { HttpRequest } from '../../http/http-request';

export const ORGANIZATION_ROLE = 'async-coder:organization-role';

/** Who calls, and what they are in the organization that the path names. */
export interface Membership {
  readonly organizationId: string;
  readonly userId: string;
  readonly role: OrganizationRole;
}

const memberships = new WeakMap<HttpRequest, Membership>();

/**
 * Opens a route under `organizations/:id` to members of that organization with at least this role there, whatever organization the request
 * acts in otherwise. To everybody else the organization does not exist. Personal access tokens are refused, as the route names no scope.
 */
export function InOrganization(role: OrganizationRole): MethodDecorator & ClassDecorator {
  return applyDecorators(Policy(), SetMetadata(ORGANIZATION_ROLE, role), UseGuards(OrganizationGuard), ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } }));
}

/** The caller's membership in the organization of the path. */
export const CurrentMembership = createParamDecorator((_: unknown, context: ExecutionContext): Membership => {
  const membership = memberships.get(context.switchToHttp().getRequest<HttpRequest>());
  if (!membership) throw new Error('@CurrentMembership() on a route without @InOrganization()');
  return membership;
});

/** Asks for the role at each request, as roles change. Runs after the guards that know the caller. */
@Injectable()
export class OrganizationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly members: OrganizationMemberStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride<OrganizationRole | undefined>(ORGANIZATION_ROLE, [context.getHandler(), context.getClass()]);
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { principal } = request;
    if (needed === undefined || principal === undefined) throw new AppError(FORBIDDEN, 'This route is closed.');
    const organizationId = readId(request.params['id']);
    const { userId } = principal;
    const isElsewhere = principal.credential === 'token' && principal.organizationId !== organizationId;
    const role = isElsewhere ? null : await this.members.roleOf(this.unitOfWork.reader, { organizationId, userId });
    if (role === null) throw notFound();
    if (!hasRole(role, needed)) throw new AppError(FORBIDDEN, `This needs the role ${needed} in the organization; yours is ${role}.`);
    addLogContext({ organizationId });
    memberships.set(request, { organizationId, userId, role });
    return true;
  }
}

function readId(value: unknown): string {
  if (typeof value !== 'string' || !isId(value)) throw invalidParameter('id', 'invalid_format', 'must be a uuid');
  return value.toLowerCase();
}
