export * from './billing-house';
