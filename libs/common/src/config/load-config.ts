import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { AppConfig, CONFIG_GROUPS } from './app-config';
import { productionFaults } from './production-rules';
import { storageFaults } from './storage.config';

/** Thrown when settings are missing or wrong; its text lists every fault at once. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings are not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\nEvery setting is explained in .env.example.`);
    this.name = 'ConfigError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks all settings. An empty variable counts as not set.
 * @throws {ConfigError} with all faults.
 */
export function loadConfig(environment: Environment = process.env): AppConfig {
  const faults: string[] = [];
  const groups = Object.entries(CONFIG_GROUPS).map(([name, group]) => [name, readGroup<object>(group, environment, faults)] as const);
  const config = Object.fromEntries(groups) as unknown as AppConfig;
  faults.push(...(faults.length === 0 ? [...storageFaults(config.storage), ...productionFaults(config)] : []));
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
  return config;
}

/** One group alone, for commands that need no other setting. @throws {ConfigError} */
export function loadConfigGroup<Group extends object>(group: new () => Group, environment: Environment = process.env): Group {
  const faults: string[] = [];
  const instance = readGroup(group, environment, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return instance;
}

/** A group's settings are its checked fields. */
function readGroup<Group extends object>(group: new () => Group, environment: Environment, faults: string[]): Group {
  const names = new Set(getMetadataStorage().getTargetValidationMetadatas(group, '', false, false).map((field) => field.propertyName));
  const set = Object.fromEntries(Object.entries(environment).filter(([name, value]) => names.has(name) && value !== undefined && value !== ''));
  const instance = plainToInstance(group, set, { exposeDefaultValues: true });
  for (const error of validateSync(instance, { skipMissingProperties: false })) {
    if (!(error.property in set)) faults.push(`${error.property} is required`);
    else faults.push(...Object.values(error.constraints ?? {}));
  }
  return instance;
}
