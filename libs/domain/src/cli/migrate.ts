import { command } from './command';
import { migrate } from './migrator';

void command(async (source) => {
  const names = await migrate(source);
  return names.length === 0 ? 'The database is up to date.' : `Ran ${names.length} migrations: ${names.join(', ')}.`;
});
