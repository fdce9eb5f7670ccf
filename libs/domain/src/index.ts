export * from './data-source';
export * from './entities';
export * from './migrations';
export * from './naming-strategy';
export * from './tasks/task-mode';
export * from './tasks/task-status';
export * from './unit-of-work';
