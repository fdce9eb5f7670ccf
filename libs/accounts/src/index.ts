export * from './account-erasure';
export * from './account-opening';
export * from './accounts.errors';
export * from './accounts.module';
export * from './provider-sessions';
export * from './vouched-accounts';
export * from './vouched-person';
