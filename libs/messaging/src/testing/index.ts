export * from './event-bus.contract';
export * from './queue.contract';
