import { AppConfig, Clock, Logger } from '@app/common';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { AddressLimitGuard } from './address-limit.guard';
import { GcraStorage } from './gcra.storage';
import { GuardOrder } from './guard-order';
import { ratesOf } from './limits';
import { PrincipalLimitGuard } from './principal-limit.guard';
import { RateLimits } from './rate-limits';
import { RedisGcra } from './redis-gcra';

/** Limits on the number of calls. `PrincipalLimitGuard` becomes global in `setUpHttp`, after the guards of every module. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [AppConfig, Clock, Logger],
      useFactory: ({ core, http }: AppConfig, clock: Clock, logger: Logger): ThrottlerModuleOptions => {
        const rates = ratesOf(http);
        const storage = new GcraStorage(rates, clock, core.REDIS_URL === undefined ? null : new RedisGcra(core.REDIS_URL, logger));
        return { storage, setHeaders: false, throttlers: Object.entries(rates).map(([name, rate]) => ({ name, limit: rate.calls, ttl: rate.seconds * 1000 })) };
      },
    }),
  ],
  providers: [RateLimits, PrincipalLimitGuard, GuardOrder, { provide: APP_GUARD, useClass: AddressLimitGuard }],
  exports: [RateLimits, PrincipalLimitGuard],
})
export class RateLimitModule {}
