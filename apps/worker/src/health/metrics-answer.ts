import type { TelemetryConfig } from '@app/common';
import { holdsMetricsToken, sendMetrics } from '@app/telemetry';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** GET /metrics on the worker's own port, which only the cluster reaches; with the token too, where one is set. */
export function metricsAnswer({ METRICS_TOKEN: token }: TelemetryConfig): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    if (token === undefined || holdsMetricsToken(request.headers.authorization, token)) await sendMetrics(response);
    else response.writeHead(401, { 'www-authenticate': 'Bearer realm="async-coder"' }).end();
  };
}
