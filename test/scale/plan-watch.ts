// Sees how PostgreSQL really ran each statement: auto_explain hands every plan with its row counts back to the connection that asked.
import { dataSourceOptions } from '@app/domain';
import { DataSource } from 'typeorm';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** One statement as it ran. */
export interface RanPlan {
  readonly text: string;
  /** Tables that were read from end to end, with the rows seen. */
  readonly wholeTables: Readonly<Record<string, number>>;
  readonly indexes: readonly string[];
  /** Rows that were looked at in tables and indexes, kept or not, by table. */
  readonly rowsRead: Readonly<Record<string, number>>;
  readonly partitions: readonly string[];
}

const SETTINGS = ['session_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0', 'auto_explain.log_analyze=on', 'auto_explain.log_timing=off', 'auto_explain.log_format=json', 'auto_explain.log_level=notice', 'client_min_messages=notice'];

interface Client {
  on(event: 'notice', hear: (notice: { message?: string }) => void): void;
  release(): void;
}

interface Pool {
  on(event: 'connect', listener: (client: Client) => void): void;
  connect(): Promise<Client>;
}

/** One connection whose plans are kept while `of` waits for its work. */
export class PlanWatch {
  private plans: RanPlan[] = [];

  private constructor(readonly dataSource: DataSource) {}

  static async open(url: string): Promise<PlanWatch> {
    const options = dataSourceOptions({ url, poolSize: 1, applicationName: 'plans' });
    const extra = options.extra as { options: string };
    const dataSource = await new DataSource({ ...options, extra: { ...extra, options: `${extra.options} ${SETTINGS.map((setting) => `-c ${setting}`).join(' ')}`, statement_timeout: 0 } }).initialize();
    const watch = new PlanWatch(dataSource);
    const pool = (dataSource.driver as unknown as { master: Pool }).master;
    const listen = (client: Client): void => client.on('notice', ({ message }) => watch.hear(message ?? ''));
    // One that was idle for long is replaced.
    pool.on('connect', listen);
    const client = await pool.connect();
    listen(client);
    client.release();
    return watch;
  }

  /** What the work made PostgreSQL do, statement by statement. */
  async of(work: () => Promise<unknown>): Promise<RanPlan[]> {
    this.plans = [];
    await work();
    return this.plans;
  }

  close(): Promise<void> {
    return this.dataSource.destroy();
  }

  private hear(message: string): void {
    const json = /plan:\s*(\{[\s\S]*\})\s*$/.exec(message)?.[1];
    if (json === undefined) return;
    const { 'Query Text': text, Plan: root } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
    const nodes = flat(root).filter((node) => node['Actual Loops'] > 0);
    const wholeTables: Record<string, number> = {};
    const rowsRead: Record<string, number> = {};
    for (const node of nodes.filter(reads)) {
      const table = String(node['Relation Name']);
      rowsRead[table] = (rowsRead[table] ?? 0) + Math.round(seen(node));
      if (node['Node Type'] === 'Seq Scan') wholeTables[table] = Math.round(seen(node));
    }
    const partitions = nodes.flatMap((node) => /^task_(?:events|logs)_.*/.exec(node['Relation Name'] ?? '')?.[0] ?? []);
    this.plans.push({ text, wholeTables, indexes: nodes.flatMap((node) => node['Index Name'] ?? []), rowsRead, partitions: [...new Set(partitions)] });
  }
}

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];
/** What a bitmap finds in the index is read again in the table, and counted there. */
const reads = (node: PlanNode): boolean => node['Node Type'].endsWith('Scan') && !/^(CTE|Subquery|Function|Values|Bitmap Index)/.test(node['Node Type']);

function seen(node: PlanNode): number {
  return (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) * node['Actual Loops'];
}
