import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AddressLimitGuard } from './address-limit.guard';
import { PrincipalLimitGuard } from './principal-limit.guard';

/** Nest runs global guards as their modules were imported. Stops the boot unless the address's limit comes first and the caller's last. */
@Injectable()
export class GuardOrder implements OnApplicationBootstrap {
  constructor(private readonly application: ApplicationConfig) {}

  onApplicationBootstrap(): void {
    const guards = this.application.getGlobalGuards();
    if (guards[0] instanceof AddressLimitGuard && guards.at(-1) instanceof PrincipalLimitGuard) return;
    throw new Error(`The guards run in a wrong order: ${guards.map((guard) => guard.constructor.name).join(', ')}. AddressLimitGuard must be the first, PrincipalLimitGuard the last.`);
  }
}
