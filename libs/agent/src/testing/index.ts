export * from './memory-journal';
export * from './memory-workspace';
export { MemoryTree, type CommandHandler } from './memory-tree';
export * from './sample';
export * from './small-shell';
export * from './test-host';
export * from './workspace.contract';
