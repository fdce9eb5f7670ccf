import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What probes ask the database. */
@Injectable()
export class DatabaseHealthStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws when the database does not answer. */
  async ping(): Promise<void> {
    await this.dataSource.query('SELECT 1');
  }

  /** Whether every migration that this build knows has run; a newer schema is fine, so that an older build goes on during a roll-out. */
  async isAtHead(): Promise<boolean> {
    const known = this.dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    const [row] = await this.dataSource.query<{ missing: number }[]>(
      `SELECT count(*)::int AS missing FROM unnest($1::text[]) AS known(name) WHERE NOT EXISTS (SELECT 1 FROM migrations done WHERE done.name = known.name)`,
      [known],
    );
    return row?.missing === 0;
  }
}
