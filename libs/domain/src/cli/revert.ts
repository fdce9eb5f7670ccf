import { command } from './command';
import { revert } from './migrator';

void command(async (source) => {
  const name = await revert(source);
  return name === undefined ? 'There is no migration to take back.' : `Took back ${name}.`;
});
