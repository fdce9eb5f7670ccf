export * from './engine';
export * from './host';
export * from './journal';
export * from './workspace';
