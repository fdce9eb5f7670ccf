export * from './billing-house';
export * from './ledger-model';
export * from './payments';
