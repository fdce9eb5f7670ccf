import { logContext, redact, type Secret } from '@app/common';
import type { ErrorEvent, NodeClient } from '@sentry/node';
import { ErrorTracker, type FaultContext } from './error-tracker';

export interface SentrySettings {
  readonly dsn: Secret;
  readonly environment: string;
  readonly release: string;
  readonly process: string;
  /** Exact texts that must not leave, beside everything that looks like a credential. */
  readonly secrets: readonly Secret[];
}

/** In a minute; a fault in a hot place must neither flood the tracker nor cost more than it is worth. */
const MOST_PER_MINUTE = 60;

/** Reports to Sentry, or to what speaks its protocol. The SDK is loaded when this is made, and instruments nothing. */
export class SentryErrorTracker extends ErrorTracker {
  private readonly client: Promise<NodeClient | undefined>;
  private minute = 0;
  private sent = 0;

  constructor(private readonly settings: SentrySettings) {
    super();
    this.client = this.open().catch(() => undefined);
  }

  capture(error: unknown, where: string, context: FaultContext = {}): void {
    if (!this.hasRoom()) return;
    const { traceId, ...ids } = logContext();
    const tags = { where, process: this.settings.process, ...(traceId !== undefined && { trace: traceId }), ...ids, ...context };
    void this.client.then((client) => client?.captureException(error instanceof Error ? error : new Error(String(error)), { captureContext: { tags } }));
  }

  async flush(ms: number): Promise<void> {
    await (await this.client)?.flush(ms);
  }

  private async open(): Promise<NodeClient | undefined> {
    const { init } = await import('@sentry/node');
    const { dsn, environment, release } = this.settings;
    return init({
      dsn: dsn.use((text) => text),
      environment,
      release,
      // Traces are OpenTelemetry's; nothing of the process is patched, and nothing is gathered beside the error itself.
      enableOpenTelemetrySetup: false,
      enableRuntimeChannelInjection: false,
      defaultIntegrations: false,
      sendClientReports: false,
      includeLocalVariables: false,
      maxBreadcrumbs: 0,
      beforeSend: (event) => this.clean(event),
    });
  }

  /** The whole report as text, so that no corner of it is forgotten. */
  private clean(event: ErrorEvent): ErrorEvent | null {
    try {
      return JSON.parse(redact(JSON.stringify({ ...event, server_name: undefined }), this.settings.secrets.map((secret) => secret.use((text) => text)))) as ErrorEvent;
    } catch {
      return null;
    }
  }

  private hasRoom(): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.minute) [this.minute, this.sent] = [minute, 0];
    this.sent += 1;
    return this.sent <= MOST_PER_MINUTE;
  }
}
