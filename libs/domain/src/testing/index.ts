export { insert, unique, uniqueGithubId, type Db } from './insert';
export * from './plumbing.factory';
export * from './tenant.factory';
export * from './work.factory';
