import { Secret } from '../crypto/secret';
import { ConfigError, loadConfig } from './load-config';

const VALID = { DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/db', JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64') };

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('reads settings, applies defaults and hides secrets', () => {
    const config = loadConfig({ ...VALID, API_PORT: '0', CORS_ORIGINS: 'https://a.example, https://b.example' });
    expect(config.http.API_PORT).toBe(0);
    expect(config.http.CORS_ORIGINS).toEqual(['https://a.example', 'https://b.example']);
    expect(config.worker.WORKER_CONCURRENCY).toBe(4);
    expect(config.core.JWT_SECRET).toBeInstanceOf(Secret);
    expect(JSON.stringify(config)).not.toContain('xxxx');
  });

  it('reports all faults at once, with their names', () => {
    const faults = faultsOf({ API_PORT: 'many', JWT_SECRET: 'short', KEK: 'AAAA', LOG_LEVEL: 'loud' });
    for (const name of ['DATABASE_URL', 'API_PORT', 'JWT_SECRET', 'KEK', 'LOG_LEVEL']) expect(faults.join('\n')).toContain(name);
  });

  it('counts an empty variable as not set', () => {
    expect(loadConfig({ ...VALID, REDIS_URL: '', LOG_LEVEL: '' }).core.REDIS_URL).toBeUndefined();
  });

  it('refuses stand-ins and missing credentials in production', () => {
    const faults = faultsOf({ ...VALID, NODE_ENV: 'production', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', CRASH_AT: 'T1', ALLOW_LOCAL_REPOSITORIES: 'true' }).join('\n');
    for (const name of ['REDIS_URL', 'GITHUB_APP_ID', 'GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET', 'CLERK_SECRET_KEY', 'CLERK_PUBLISHABLE_KEY', 'CLERK_WEBHOOK_SIGNING_SECRET', 'CLERK_AUTHORIZED_PARTIES', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'model credential', 'ANTHROPIC_BASE_URL', 'CRASH_AT', 'ALLOW_LOCAL_REPOSITORIES']) expect(faults).toContain(name);
  });

  it('reads Clerk\'s settings, and refuses those that could not work', () => {
    const clerk = { CLERK_SECRET_KEY: 'sk_test_x', CLERK_PUBLISHABLE_KEY: 'pk_test_Y2xlcmsubG9jYWwudGVzdCQ', CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${'A'.repeat(32)}, whsec_${'B'.repeat(32)}` };
    expect(JSON.stringify(loadConfig({ ...VALID, ...clerk }))).not.toMatch(/sk_test|whsec/);
    for (const [name, value] of Object.entries({ CLERK_PUBLISHABLE_KEY: 'sk_test_x', CLERK_WEBHOOK_SIGNING_SECRET: 'secret', CLERK_ISSUER: 'https://a.example/path', CLERK_AUTHORIZED_PARTIES: 'app.example.com' })) {
      expect(faultsOf({ ...VALID, ...clerk, [name]: value }).join()).toContain(name);
    }
  });

  it('reads Stripe\'s settings, and refuses those that could not work', () => {
    const stripe = { STRIPE_SECRET_KEY: 'sk_test_0123456789', STRIPE_WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}, whsec_${'b'.repeat(32)}` };
    expect(JSON.stringify(loadConfig({ ...VALID, ...stripe }))).not.toMatch(/sk_test|whsec/);
    for (const [name, value] of Object.entries({ STRIPE_SECRET_KEY: 'pk_test_0123456789', STRIPE_WEBHOOK_SECRET: 'secret', STRIPE_API_URL: 'api.stripe.com' })) {
      expect(faultsOf({ ...VALID, ...stripe, [name]: value }).join()).toContain(name);
    }
    const production = { ...VALID, ...stripe, NODE_ENV: 'production', REDIS_URL: 'redis://r:6379', DISABLED_INTEGRATIONS: 'github,clerk', OPENAI_API_KEY: 'sk-x' };
    expect(loadConfig(production).stripe.STRIPE_API_URL).toBe('https://api.stripe.com');
    expect(faultsOf({ ...production, STRIPE_API_URL: 'http://127.0.0.1:12111' }).join()).toContain('STRIPE_API_URL');
  });

  it('gives each vendor its own access, and the compatible server its flags', () => {
    const keys = { ANTHROPIC_API_KEY: 'sk-ant-x', OPENAI_API_KEY: 'sk-x', GEMINI_API_KEY: 'AIza-x' };
    const { models } = loadConfig({ ...VALID, ...keys });
    expect(['anthropic', 'openai', 'google', 'custom', 'aider'].map((provider) => models.platformAccess(provider)?.baseUrl ?? null)).toEqual([
      'https://api.anthropic.com', 'https://api.openai.com/v1', 'https://generativelanguage.googleapis.com', null, null,
    ]);
    expect(loadConfig(VALID).models.platformAccess('google')).toBeNull();
    const compatible = { OPENAI_BASE_URL: 'http://10.0.0.1:8000/v1', OPENAI_COMPATIBLE_MODEL: 'local', OPENAI_COMPATIBLE_FLAGS: 'tool_result_name, no_stream_usage' };
    const local = loadConfig({ ...VALID, ...keys, ...compatible }).models;
    expect([local.platformAccess('openai'), local.platformAccess('custom')]).toMatchObject([null, { baseUrl: 'http://10.0.0.1:8000/v1', compat: { toolResultName: true, streamUsage: false } }]);
    expect(faultsOf({ ...VALID, OPENAI_COMPATIBLE_FLAGS: 'no_such_flag' }).join()).toContain('OPENAI_COMPATIBLE_FLAGS');
  });

  it('lets production do without GitHub when told so', () => {
    const environment = { ...VALID, NODE_ENV: 'production', REDIS_URL: 'redis://r:6379', DISABLED_INTEGRATIONS: 'github,clerk,stripe', OPENAI_API_KEY: 'sk-x' };
    expect(loadConfig(environment).core.isProduction).toBe(true);
  });
});
