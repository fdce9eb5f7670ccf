export * from './errors/error-tracker';
export * from './metrics/bounded-labels';
export * from './metrics/definitions';
export * from './metrics/instruments';
export * from './metrics/metrics';
export * from './tracing/trace-context';
export * from './tracing/tracing';
