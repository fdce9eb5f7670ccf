export * from './event-bus.contract';
export * from './queue.contract';
export * from './redis-door';
