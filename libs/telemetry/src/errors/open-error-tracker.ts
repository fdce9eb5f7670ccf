import { type AppConfig, Secret } from '@app/common';
import { ErrorTracker, NoErrorTracker } from './error-tracker';
import { SentryErrorTracker } from './sentry.error-tracker';

/** Sentry when a DSN is set, else none. */
export function openErrorTracker(config: AppConfig, process: string): ErrorTracker {
  const { SENTRY_DSN: dsn } = config.telemetry;
  if (dsn === undefined) return new NoErrorTracker();
  const { NODE_ENV: environment, APP_VERSION, APP_COMMIT } = config.core;
  return new SentryErrorTracker({ dsn, environment, release: `async-coder@${APP_VERSION}+${APP_COMMIT}`, process, secrets: secretsOf(config) });
}

/** Every secret of the settings, so that a report that quotes one of them does not carry it out. */
export function secretsOf(config: AppConfig): Secret[] {
  return Object.values(config)
    .flatMap((group: object) => Object.values(group) as unknown[])
    .flat()
    .filter((value) => value instanceof Secret);
}
