import { CoreConfig, loadConfigGroup, TelemetryConfig } from '@app/common';
import { startTracing } from '@app/telemetry';

/** Faulty settings are main's to report, all at once. */
function begin(): void {
  try {
    startTracing('worker', loadConfigGroup(TelemetryConfig), loadConfigGroup(CoreConfig));
  } catch {
    return;
  }
}

begin();
