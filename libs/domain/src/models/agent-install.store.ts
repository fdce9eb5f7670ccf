import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';

/** How long a worker's word that it has an agent is believed. */
export const INSTALL_FRESH = `interval '15 minutes'`;

/** What a worker found of a command-line agent. */
export interface AgentInstall {
  /** As the program says it. */
  readonly version: string;
  /** Milliseconds that `--version` took. */
  readonly latencyMs: number;
}

/** Which command-line agents the workers have: they look, and the API, which runs elsewhere, reads it here. */
@Injectable()
export class AgentInstallStore {
  /** A worker has the agent. */
  async found(tx: Tx, provider: string, { version, latencyMs }: AgentInstall): Promise<void> {
    await tx.query(
      `UPDATE ai_provider_configs SET health_status = 'healthy', health_checked_at = now(), configuration = configuration || jsonb_build_object('version', $2::text, 'latencyMs', $3::integer)
        WHERE provider = $1 AND api_style = 'cli'`,
      [provider, version, latencyMs],
    );
  }

  /** A worker does not have the agent; another one may. */
  async missing(tx: Tx, provider: string, why: string): Promise<void> {
    await tx.query(
      `UPDATE ai_provider_configs SET health_status = 'down', health_checked_at = now(), configuration = configuration || jsonb_build_object('reason', $2::text)
        WHERE provider = $1 AND api_style = 'cli' AND NOT (health_status = 'healthy' AND health_checked_at > now() - ${INSTALL_FRESH})
          AND (health_status, configuration ->> 'reason') IS DISTINCT FROM ('down', $2)`,
      [provider, why],
    );
  }

  /** What was found last; null: no worker has it now. */
  async lookUp(manager: EntityManager, provider: string): Promise<AgentInstall | null> {
    const row = await sqlRow<{ version: string; latencyMs: number }>(
      manager,
      `SELECT configuration ->> 'version' AS version, (configuration ->> 'latencyMs')::integer AS latency_ms FROM ai_provider_configs
        WHERE provider = $1 AND health_status = 'healthy' AND health_checked_at > now() - ${INSTALL_FRESH} AND configuration ? 'version'`,
      [provider],
    );
    return row ?? null;
  }
}
