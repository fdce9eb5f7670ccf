export { insert, unique, uniqueGithubId, type Db } from './insert';
export * from './plumbing.factory';
export * from './task-house';
export * from './tenant.factory';
export * from './work.factory';
export * from './webhook-house';
