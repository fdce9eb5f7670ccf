/** What became of a request. */
export type EgressVerdict = 'allowed' | 'refused' | 'failed';

/** One connection or request through the proxy. */
export interface EgressRecord {
  readonly host: string;
  readonly port: number;
  readonly verdict: EgressVerdict;
  /** Why not, in words; null when it was allowed. */
  readonly reason: string | null;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

const MOST_RECORDS = 500;
const MOST_HOSTS = 50;

/** What one sandbox asked of the network. Its size has a limit, whatever is asked. */
export class EgressLog {
  private readonly kept: EgressRecord[] = [];
  private readonly refusals = new Map<string, string>();
  private more = 0;

  add(record: EgressRecord): void {
    if (this.kept.length < MOST_RECORDS) this.kept.push(record);
    else this.more++;
    if (record.verdict === 'refused' && this.refusals.size < MOST_HOSTS) this.refusals.set(`${record.host}:${record.port}`, record.reason ?? '');
  }

  get records(): readonly EgressRecord[] {
    return this.kept;
  }

  /** Refused hosts, each with the reason of its last refusal. */
  get refused(): ReadonlyMap<string, string> {
    return this.refusals;
  }

  /** A line for each request, in the order they ended. */
  lines(): string[] {
    const lines = this.kept.map(({ host, port, verdict, reason, bytesOut, bytesIn }) =>
      verdict === 'allowed' ? `${host}:${port} allowed, ${bytesOut} bytes sent, ${bytesIn} received` : `${host}:${port} ${verdict}: ${reason ?? ''}`,
    );
    return this.more === 0 ? lines : [...lines, `… and ${this.more} more requests`];
  }
}
