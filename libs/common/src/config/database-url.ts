import { ConfigError } from './load-config';

/**
 * DATABASE_URL alone, for commands that need no other setting (migrations, seeds).
 * @throws {ConfigError} when it is missing or not an address of PostgreSQL.
 */
export function databaseUrl(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const url = environment['DATABASE_URL'] ?? '';
  if (url === '') throw new ConfigError(['DATABASE_URL is required']);
  if (!/^postgres(ql)?:\/\/\S+$/.test(url)) throw new ConfigError(['DATABASE_URL must look like postgres://user:password@host:port/database']);
  return url;
}
