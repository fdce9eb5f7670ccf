import type { AppConfig } from './app-config';
import type { ClerkConfig } from './clerk.config';

const LOOPBACK = /^https?:\/\/(127\.|localhost|\[::1\])/;

/** What production asks for beyond each setting's own rule. Returns a sentence per fault. */
export function productionFaults(config: AppConfig): string[] {
  const { clerk, core, github, models, stripe, worker } = config;
  if (!core.isProduction) return [];
  const faults: string[] = [];
  const require = (value: unknown, name: string, why: string): void => {
    if (value === undefined) faults.push(`${name} is required in production: ${why}`);
  };
  require(core.REDIS_URL, 'REDIS_URL', 'the PostgreSQL queue is for one machine only');
  if (!core.DISABLED_INTEGRATIONS.includes('github')) {
    require(github.GITHUB_APP_ID, 'GITHUB_APP_ID', 'or list github in DISABLED_INTEGRATIONS');
    require(github.GITHUB_APP_PRIVATE_KEY, 'GITHUB_APP_PRIVATE_KEY', 'or list github in DISABLED_INTEGRATIONS');
    require(github.GITHUB_WEBHOOK_SECRET, 'GITHUB_WEBHOOK_SECRET', 'or list github in DISABLED_INTEGRATIONS');
    // Without them nobody could be asked what they may do at GitHub, and roles here would decide alone.
    require(github.GITHUB_CLIENT_ID, 'GITHUB_CLIENT_ID', 'or list github in DISABLED_INTEGRATIONS');
    require(github.GITHUB_CLIENT_SECRET, 'GITHUB_CLIENT_SECRET', 'or list github in DISABLED_INTEGRATIONS');
  }
  if (!core.DISABLED_INTEGRATIONS.includes('clerk')) faults.push(...clerkFaults(clerk));
  if (!core.DISABLED_INTEGRATIONS.includes('stripe')) {
    require(stripe.STRIPE_SECRET_KEY, 'STRIPE_SECRET_KEY', 'or list stripe in DISABLED_INTEGRATIONS');
    require(stripe.STRIPE_WEBHOOK_SECRET, 'STRIPE_WEBHOOK_SECRET', 'or list stripe in DISABLED_INTEGRATIONS');
  }
  const keys = [models.ANTHROPIC_API_KEY, models.CLAUDE_API_KEY, models.OPENAI_API_KEY, models.GEMINI_API_KEY];
  if (keys.every((key) => key === undefined)) faults.push('no model credential: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY');
  const urls = { CLERK_API_URL: clerk.CLERK_API_URL, GITHUB_API_URL: github.GITHUB_API_URL, ANTHROPIC_BASE_URL: models.ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL: models.GOOGLE_GEMINI_BASE_URL, OPENAI_BASE_URL: models.OPENAI_BASE_URL, STRIPE_API_URL: stripe.STRIPE_API_URL };
  for (const [name, url] of Object.entries(urls)) if (LOOPBACK.test(url)) faults.push(`${name} points at this machine, which production refuses`);
  if (github.ALLOW_LOCAL_REPOSITORIES) faults.push('ALLOW_LOCAL_REPOSITORIES is refused in production');
  if (worker.CRASH_AT !== undefined) faults.push('CRASH_AT is refused in production');
  if (models.MODEL_STAND_IN !== undefined) faults.push('MODEL_STAND_IN is refused in production');
  return faults;
}

function clerkFaults(clerk: ClerkConfig): string[] {
  const needed = ['CLERK_SECRET_KEY', 'CLERK_PUBLISHABLE_KEY', 'CLERK_WEBHOOK_SIGNING_SECRET'] as const;
  const missing: string[] = needed.filter((name) => clerk[name] === undefined);
  if (clerk.CLERK_AUTHORIZED_PARTIES.length === 0) missing.push('CLERK_AUTHORIZED_PARTIES');
  const faults = missing.map((name) => `${name} is required in production: or list clerk in DISABLED_INTEGRATIONS`);
  if (clerk.CLERK_ISSUER.some((issuer) => LOOPBACK.test(issuer))) faults.push('CLERK_ISSUER points at this machine, which production refuses');
  return faults;
}
