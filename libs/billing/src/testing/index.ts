export * from './billing-house';
export * from './payments';
