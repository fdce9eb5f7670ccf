import { type ClerkPeer, startClerkPeer } from '../../../../test/support/clerk-peer';
import { TestApi } from './test-api';

/** The whole API with Clerk's stand-in behind it. */
export async function startWithClerk(settings: Record<string, string> = {}): Promise<{ api: TestApi; clerk: ClerkPeer; close: () => Promise<void> }> {
  const clerk = await startClerkPeer();
  const api = await TestApi.start({
    CLERK_API_URL: clerk.url, CLERK_SECRET_KEY: clerk.secretKey, CLERK_PUBLISHABLE_KEY: clerk.publishableKey, CLERK_WEBHOOK_SIGNING_SECRET: clerk.webhookSecret,
    CLERK_AUTHORIZED_PARTIES: 'http://127.0.0.1:3000,https://app.example.com', ...settings,
  });
  return {
    api,
    clerk,
    close: async () => {
      await api.close();
      await clerk.stop();
    },
  };
}
