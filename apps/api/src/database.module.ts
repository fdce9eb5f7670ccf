import { DomainModule } from '@app/domain';
import { Module } from '@nestjs/common';

/** The database and every store; an area's module imports it. */
@Module({ imports: [DomainModule.forRoot('api')], exports: [DomainModule] })
export class DatabaseModule {}
