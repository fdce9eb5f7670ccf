export * from './scripted.provider';
