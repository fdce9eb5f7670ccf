import { loadConfigGroup, ModelsConfig } from '@app/common';
import { seedCompatibleModel } from '../seeds/compatible-model';
import { seed } from '../seeds/seed';
import { command } from './command';

void command(async (source) => {
  await seed(source);
  await seedCompatibleModel(source, loadConfigGroup(ModelsConfig));
  return 'The catalog is loaded.';
});
