import { GithubLaneStore } from '@app/domain';
import { SHARED_LANES, type SharedLanes } from '@app/github';
import { Global, Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';

/** Lets all processes keep GitHub's limits together. */
@Global()
@Module({ imports: [DatabaseModule], providers: [{ provide: SHARED_LANES, inject: [GithubLaneStore], useFactory: (lanes: GithubLaneStore): SharedLanes => lanes }], exports: [SHARED_LANES] })
export class SharedLanesModule {}
