import { idempotencyStoreProvider } from '@app/domain';
import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { DatabaseModule } from '../database.module';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor';
import { Pager } from './paging/pager';
import { ProblemFilter } from './problems/problem.filter';
import { RateLimitModule } from './rate-limit/rate-limit.module';
import { PolicyCheck } from './routes/policy-check';
import { RouteTable } from './routes/route-table';
import { DeadlineInterceptor } from './server/deadline';
import { InputPipe } from './validation/input.pipe';

/** What every route shares. Global, as every area's controllers page, validate and fail alike. */
@Global()
@Module({
  imports: [DatabaseModule, DiscoveryModule, RateLimitModule],
  providers: [
    idempotencyStoreProvider,
    Pager,
    RouteTable,
    PolicyCheck,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useClass: InputPipe },
    { provide: APP_INTERCEPTOR, useClass: DeadlineInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
  ],
  exports: [Pager, RouteTable],
})
export class HttpModule {}
