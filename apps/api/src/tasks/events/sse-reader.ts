import type { EventReader } from '@app/messaging';
import type { Response } from 'express';

/** One event stream's connection. */
export class SseReader implements EventReader {
  constructor(private readonly response: Response) {}

  write(text: string): void {
    if (!this.response.writableEnded && !this.response.destroyed) this.response.write(text);
  }

  unsentBytes(): number {
    return this.response.writableLength;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (!this.response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        signal.removeEventListener('abort', gone);
        resolve();
      };
      const gone = (): void => {
        this.response.removeListener('drain', done);
        reject(signal.reason as Error);
      };
      this.response.once('drain', done);
      signal.addEventListener('abort', gone, { once: true });
      if (signal.aborted) gone();
    });
  }

  close(how: 'end' | 'cut'): void {
    if (how === 'end') this.response.end();
    else this.response.destroy();
  }
}
