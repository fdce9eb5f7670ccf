import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { Asked, NamedAnswer } from './named-query';

/** Two, so that a slow read holds up half of the others at most; one alone keeps a core of PostgreSQL busy. */
const LANES = 2;
/** How long a lane that could not be opened is left alone. */
const REOPEN_MS = 1_000;
/** PostgreSQL does not know the statement, or knows it already: an earlier one in the lane failed while it was being prepared. */
const OUT_OF_STEP: readonly unknown[] = ['26000', '42P05'];

/** A client of pg, as far as it is needed here. */
interface Client extends Asked {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
  connect(): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error' | 'end', listener: () => void): void;
}

interface Pool extends Asked {
  readonly options: object;
  end(...all: unknown[]): unknown;
}

type OpenClient = () => Client;
/** Asks one question; more than once, if it must be asked again elsewhere. */
type Ask = (asked: Asked) => Promise<NamedAnswer>;

/** One pipelined connection. What is asked in one turn of the event loop leaves in one write, and nobody waits for the answers before. */
class ReadLane {
  inFlight = 0;
  private client: Client | null = null;
  private isOpen = false;
  private notBefore = 0;

  constructor(private readonly openClient: OpenClient) {}

  /** Whether it takes questions; when it does not, it is on its way to. */
  get isReady(): boolean {
    if (this.client === null && performance.now() >= this.notBefore) this.open();
    return this.isOpen;
  }

  /** Gathers what is asked until the returned function is called. */
  gather(): () => void {
    const stream = this.client?.connection.stream;
    stream?.cork();
    return () => stream?.uncork();
  }

  async ask(ask: Ask): Promise<NamedAnswer> {
    this.inFlight += 1;
    try {
      return await ask(this.client!);
    } finally {
      this.inFlight -= 1;
    }
  }

  async close(): Promise<void> {
    this.notBefore = Infinity;
    await this.client?.end().catch(() => undefined);
  }

  private open(): void {
    const client = this.openClient();
    this.client = client;
    const lost = (): void => {
      if (this.client !== client) return;
      this.client = null;
      this.isOpen = false;
      this.notBefore = Math.max(this.notBefore, performance.now() + REOPEN_MS);
    };
    client.on('error', lost);
    client.on('end', lost);
    client.connect().then(() => (this.isOpen = this.client === client), lost);
  }
}

/**
 * A few connections beside the pool for short named reads that stand alone. With many requests at once most of a read's cost is the write to PostgreSQL
 * and the wake-up behind it, for each statement and each connection again; here the statements of all requests of a turn share one. Each keeps its own
 * transaction and its own error. Never for what locks or writes: whatever comes behind waits for it.
 */
export class ReadLanes {
  private readonly lanes: readonly ReadLane[];
  private gathering: ReadLane | null = null;

  constructor(
    private readonly pool: Pool,
    openClient: OpenClient,
  ) {
    this.lanes = Array.from({ length: LANES }, () => new ReadLane(openClient));
  }

  /** @throws {Error} of pg, as its pool does */
  async ask(ask: Ask): Promise<NamedAnswer> {
    // It may have lost its connection within the turn.
    const lane = this.gathering?.isReady ? this.gathering : this.nextLane();
    if (lane === null) return ask(this.pool);
    try {
      return await lane.ask(ask);
    } catch (error) {
      if (error instanceof Error && 'code' in error && OUT_OF_STEP.includes(error.code)) return ask(this.pool);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** The lane of this turn, which its first question chooses; null: none is open yet. */
  private nextLane(): ReadLane | null {
    const ready = this.lanes.filter((lane) => lane.isReady);
    if (ready.length === 0) return null;
    const lane = ready.reduce((least, each) => (each.inFlight < least.inFlight ? each : least));
    const send = lane.gather();
    this.gathering = lane;
    setImmediate(() => {
      this.gathering = null;
      send();
    });
    return lane;
  }
}

const lanesOfPool = new WeakMap<object, ReadLanes>();

/** The lanes beside a pool; undefined where none were built. */
export function readLanesOf(pool: object): ReadLanes | undefined {
  return lanesOfPool.get(pool);
}

/** Gives a data source its read lanes. They open at the first read and close with the pool. */
export function buildReadLanes(dataSource: DataSource): void {
  const driver = dataSource.driver as PostgresDriver;
  const pool = driver.master as Pool;
  const { Client: PgClient } = driver.postgres as { Client: new (options: object) => Client };
  const lanes = new ReadLanes(pool, () => new PgClient({ ...pool.options, pipeline: true }));
  lanesOfPool.set(pool, lanes);
  const end = pool.end.bind(pool);
  pool.end = (...all: unknown[]): unknown => {
    void lanes.close();
    return end(...all);
  };
}
