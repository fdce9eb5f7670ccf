import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while everybody goes on writing. For migrations with `transaction = false`. What a build that was stopped left behind is unusable and is
 * removed first. `definition`: what follows the name.
 */
export async function buildIndex(runner: QueryRunner, name: string, definition: string, { unique = false } = {}): Promise<void> {
  const found = await runner.manager.query<{ valid: boolean }[]>('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [name]);
  if (found[0]?.valid) return;
  if (found.length > 0) await runner.query(`DROP INDEX CONCURRENTLY ${name}`);
  await runner.query(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX CONCURRENTLY ${name} ${definition}`);
}
