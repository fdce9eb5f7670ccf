// The one place of this process that names the lib by its path: it has no alias.
export * from '../../../libs/accounts/src';
