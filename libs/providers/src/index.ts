export * from './message';
export * from './model-error';
export * from './model-provider';
export * from './pricing';
export * from './usage';
