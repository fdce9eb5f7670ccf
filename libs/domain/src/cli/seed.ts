import { seed } from '../seeds/seed';
import { command } from './command';

void command(async (source) => {
  await seed(source);
  return 'The catalog is loaded.';
});
