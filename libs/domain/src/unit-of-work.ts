import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { notedDeliveries } from './webhook-endpoints/committed-deliveries';

/** PostgreSQL's codes for a transaction that lost against another: a deadlock, or an order that cannot be. Nothing of it was kept. */
const LOST: readonly unknown[] = ['40P01', '40001'];
const MOST_TRIES = 3;

/** A running transaction; a store's write methods take it first, so that it cannot be forgotten. */
export type Tx = EntityManager;

@Injectable()
export class UnitOfWork {
  private readonly deliveryListeners: ((deliveryIds: readonly string[]) => void)[] = [];

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction and returns its result after the commit. No network call belongs inside; jobs are enqueued and
   * news is published afterwards, from the result. Work that lost against another transaction is done again from its beginning, so what it
   * leaves outside the database must not add up.
   */
  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once(work);
      } catch (error) {
        if (tries === MOST_TRIES || !LOST.includes(codeOf(error))) throw error;
      }
    }
  }

  private async once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let deliveries: readonly string[] = [];
    const result = await this.dataSource.transaction(async (tx) => {
      const result = await work(tx);
      deliveries = notedDeliveries(tx);
      return result;
    });
    if (deliveries.length > 0) for (const listener of this.deliveryListeners) listener(deliveries);
    return result;
  }

  /** Hears of webhooks that a transaction wrote, once it is committed. They arise in many places, none of which knows the queue. */
  onDeliveries(listener: (deliveryIds: readonly string[]) => void): void {
    this.deliveryListeners.push(listener);
  }

  /** For reads that need no transaction: each statement stands alone. */
  get reader(): EntityManager {
    return this.dataSource.manager;
  }
}

function codeOf(error: unknown): unknown {
  const { code, driverError } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; driverError?: { code?: unknown } };
  return driverError?.code ?? code;
}
