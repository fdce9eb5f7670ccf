import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A running transaction; a store's write methods take it first, so that it cannot be forgotten. */
export type Tx = EntityManager;

@Injectable()
export class UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction and returns its result after the commit. No network call belongs inside; jobs are enqueued and
   * news is published afterwards, from the result.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** For reads that need no transaction: each statement stands alone. */
  get reader(): EntityManager {
    return this.dataSource.manager;
  }
}
