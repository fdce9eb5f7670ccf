import OpenAI from 'openai';
import type { ProviderConnection } from '../provider-connection';
import { SDK_TIMEOUT_MS } from '../wire/sdk-options';

/** The SDK's client for one credential: no retries of its own, nothing from the environment. */
export function openAiClient({ key, baseUrl, fetch }: ProviderConnection): OpenAI {
  return key.use(
    (apiKey) =>
      new OpenAI({
        apiKey,
        baseURL: baseUrl,
        adminAPIKey: null,
        organization: null,
        project: null,
        webhookSecret: null,
        maxRetries: 0,
        timeout: SDK_TIMEOUT_MS,
        logLevel: 'off',
        // A redirect would carry the key to a host that nobody configured.
        fetchOptions: { redirect: 'manual' },
        ...(fetch ? { fetch } : {}),
      }),
  );
}
