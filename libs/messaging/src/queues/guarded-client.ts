import { Client, type ClientConfig } from 'pg';

/**
 * A connection whose loss between two statements of a transaction is no uncaught error: its pool listens only while it is idle, and the
 * next statement fails anyway.
 */
export class GuardedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
