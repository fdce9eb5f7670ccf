import { becomeActor } from '@app/domain';
import { applyDecorators, type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, UseInterceptors } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Policy } from '../auth/auth.decorators';
import type { PlatformRole } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';

/** Audit rows written from here on say that the platform's staff did it. */
@Injectable()
export class StaffActor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { principal } = context.switchToHttp().getRequest<HttpRequest>();
    if (principal) becomeActor({ type: 'admin', id: principal.userId });
    return next.handle();
  }
}

/** A route of the admin area: `support` reads, `admin` writes. */
export function ForStaff(platformRole: Exclude<PlatformRole, 'user'>): MethodDecorator & ClassDecorator {
  return applyDecorators(Policy({ platformRole }), UseInterceptors(StaffActor));
}
