import { GithubLaneStore } from '@app/domain';
import { SHARED_LANES, type SharedLanes } from '@app/github';
import { Module, type DynamicModule } from '@nestjs/common';

/** Lets all processes keep GitHub's limits together. */
@Module({})
export class SharedLanesModule {
  static with(database: DynamicModule): DynamicModule {
    const lanes = { provide: SHARED_LANES, inject: [GithubLaneStore], useFactory: (store: GithubLaneStore): SharedLanes => store };
    return { module: SharedLanesModule, global: true, imports: [database], providers: [lanes], exports: [SHARED_LANES] };
  }
}
