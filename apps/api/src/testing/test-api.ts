import { type AppConfig, loadConfig, Logger } from '@app/common';
import { seed } from '@app/domain';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request, { type Test } from 'supertest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { createApp } from '../http/server/create-app';

export interface SignedIn {
  readonly email: string;
  readonly password: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

const PASSWORD = 'orbit-velvet-canyon-42';
let people = 0;

/** Limits that no test reaches unless it is about them; such a test sets its own. */
export const HIGH_LIMITS: Readonly<Record<string, string>> = Object.fromEntries(
  ['DEFAULT', 'ANONYMOUS', 'SIGN_IN', 'SIGN_IN_ACCOUNT', 'TASKS', 'TESTS', 'WEBHOOKS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']),
);

/** The whole API over a database of its own, with the catalog seeded. Once per file: `start` in beforeAll, `close` in afterAll. */
export class TestApi {
  private constructor(
    readonly app: NestExpressApplication,
    readonly database: TestDatabase,
    readonly config: AppConfig,
    readonly url: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<TestApi> {
    const database = await openTestDatabase();
    await seed(database.dataSource);
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '10',
      JWT_SECRET: 'a secret for tests, of more than 32 bytes',
      KEK: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
      PUBLIC_URL: 'http://127.0.0.1:3000',
      ANTHROPIC_API_KEY: 'sk-ant-test',
      ...HIGH_LIMITS,
      ...settings,
    });
    const app = await createApp(config, Logger.create(config.core.LOG_LEVEL, 'api'));
    await app.listen(0, '127.0.0.1');
    return new TestApi(app, database, config, (await app.getUrl()).replace('[::1]', '127.0.0.1'));
  }

  async close(): Promise<void> {
    (this.app.getHttpServer()).closeAllConnections();
    await this.app.close();
    await this.database.close();
  }

  /** A request; with a person's token when one is given. */
  send(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, as?: Pick<SignedIn, 'accessToken'>): Test {
    const test = request(this.url)[method](path);
    return as ? test.set('Authorization', `Bearer ${as.accessToken}`) : test;
  }

  /** A new person with an organization. */
  async signUp(): Promise<SignedIn> {
    people += 1;
    const email = `person-${people}@example.com`;
    const answer = await this.send('post', '/api/v1/auth/register').send({ email, password: PASSWORD });
    if (answer.status !== 201) throw new Error(`register answered ${answer.status}: ${answer.text}`);
    const { user, organization, accessToken, refreshToken } = answer.body as { user: { id: string }; organization: { id: string }; accessToken: string; refreshToken: string };
    return { email, password: PASSWORD, userId: user.id, organizationId: organization.id, accessToken, refreshToken };
  }
}
