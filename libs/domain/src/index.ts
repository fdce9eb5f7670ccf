export * from './tasks/task-mode';
export * from './tasks/task-status';
export * from './unit-of-work';
