export * from './github-app';
export * from './github-pull-request';
export * from './github-repo';
export * from './github.errors';
export * from './github.module';
