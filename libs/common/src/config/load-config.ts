import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { AppConfig, CONFIG_GROUPS } from './app-config';
import { productionFaults } from './production-rules';

/** Thrown when settings are missing or wrong; its text lists every fault at once. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings are not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\nEvery setting is explained in .env.example.`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads and checks all settings. An empty variable counts as not set.
 * @throws {ConfigError} with all faults.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): AppConfig {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const faults: string[] = [];
  const groups: Record<string, object> = {};
  for (const [name, group] of Object.entries(CONFIG_GROUPS)) {
    const names = settingNames(group);
    const known = Object.fromEntries(Object.entries(set).filter(([key]) => names.has(key)));
    const instance: object = plainToInstance(group as new () => object, known, { exposeDefaultValues: true });
    groups[name] = instance;
    for (const error of validateSync(instance, { skipMissingProperties: false })) {
      if (!(error.property in set)) faults.push(`${error.property} is required`);
      else faults.push(...Object.values(error.constraints ?? {}));
    }
  }
  const config = groups as unknown as AppConfig;
  faults.push(...(faults.length === 0 ? productionFaults(config) : []));
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  return config;
}

/** A group's settings are its checked fields. */
function settingNames(group: new () => object): Set<string> {
  return new Set(getMetadataStorage().getTargetValidationMetadatas(group, '', false, false).map((field) => field.propertyName));
}
