import { get, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import type { Colleague } from './people';

const RETRY_MS = 200;

/** One reader of a task's events, as a browser reads: it comes back with the last id that it saw, to whoever is there. */
export class StreamClient {
  readonly ids: number[] = [];
  reconnects = -1;
  isDone = false;
  /** Resolves when the stream said that the task has ended. */
  readonly done: Promise<void>;
  private isGivenUp = false;

  constructor(
    private readonly targets: () => readonly string[],
    private readonly taskId: string,
    private readonly reader: Colleague,
    private turn: number,
  ) {
    this.done = this.follow();
  }

  giveUp(): void {
    this.isGivenUp = true;
  }

  private async follow(): Promise<void> {
    for (; !this.isDone && !this.isGivenUp; await wait(RETRY_MS)) {
      const targets = this.targets();
      this.reconnects += 1;
      // No stickiness: each time the next process.
      await this.readOnce(targets[(this.turn += 1) % targets.length]!).catch(() => undefined);
    }
  }

  private readOnce(url: string): Promise<void> {
    const { accessToken, organizationId } = this.reader;
    const headers = { authorization: `Bearer ${accessToken}`, 'x-organization-id': organizationId, accept: 'text/event-stream', 'last-event-id': String(this.ids.at(-1) ?? 0) };
    return new Promise((resolve, reject) => {
      const call = get(`${url}/api/v1/tasks/${this.taskId}/events`, { headers, agent: false }, (response) => {
        if (response.statusCode === 204) this.isDone = true;
        if (response.statusCode === 200) this.listen(response);
        response.on('error', reject);
        response.on('close', resolve);
        if (response.statusCode !== 200) response.resume();
      });
      call.on('error', reject);
    });
  }

  private listen(response: IncomingMessage): void {
    const parser = createParser({
      onEvent: ({ id, event }) => {
        if (id !== undefined) this.ids.push(Number(id));
        if (event === 'done') this.isDone = true;
      },
    });
    const decoder = new TextDecoder();
    response.on('data', (bytes: Buffer) => parser.feed(decoder.decode(bytes, { stream: true })));
  }
}
