import type { AgentOutcome } from '@app/agent';
import { MemoryWorkspace } from '@app/agent/testing';
import { CreditAccountStore } from '@app/billing';
import { BillingHouse } from '@app/billing/testing';
import { loadConfig, Logger, Secret, type AppConfig, type Clock } from '@app/common';
import {
  AiModelPriceStore, AiModelStore, ApiKeyStore, ApiKeyVault, AttemptModelStore, DataKeyStore, EnvironmentKeyEncryption, GithubInstallationStore, GitRepoStore, ModelUsageStore, SealedSecrets, seed,
  type ClaimedAttempt, type NewTask,
} from '@app/domain';
import { TaskHouse, type Tenant } from '@app/domain/testing';
import type { TaskEventBus } from '@app/messaging';
import type { DataSource } from 'typeorm';
import type { GitWorkspace } from '../../workspace/git-workspace';
import type { AgentPrograms } from '../../gateway/agent-programs';
import { AttemptEngines } from '../../gateway/attempt-engines';
import type { AgentRunners } from '../../gateway/sandboxed-runner';
import { AttemptAgent } from '../attempt-agent';
import { AttemptModels, type OpenedModels } from '../attempt-models';
import { Briefings, type Briefing } from '../briefing';
import type { CrashPoints } from '../crash-points';
import { ModelAccess } from '../model-access';
import { ModelRouting } from '../model-routing';
import { OwnKeys } from '../own-keys';

const KEK = Buffer.alloc(32, 9).toString('base64');

export interface BenchRun {
  readonly briefing: Briefing;
  readonly opened: OpenedModels;
  readonly outcome: AgentOutcome;
}

/** What an attempt needs to call models, put together as the worker does; the workspace is in memory, and waits take no time. */
export class ModelBench {
  readonly house: TaskHouse;
  readonly billing: BillingHouse;
  readonly keys = new ApiKeyStore();
  readonly vault = new ApiKeyVault(new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(new Secret(KEK)))));
  readonly usage = new ModelUsageStore();
  /** Milliseconds that somebody waited. */
  readonly waits: number[] = [];
  private readonly clock = { now: () => new Date(), monotonicMs: () => performance.now(), sleep: (ms: number) => Promise.resolve(void this.waits.push(ms)) } as unknown as Clock;

  private constructor(
    private readonly db: DataSource,
    private readonly url: string,
  ) {
    this.house = new TaskHouse(db);
    this.billing = new BillingHouse(db);
  }

  /** With the models and prices of the seed. */
  static async on(database: { readonly dataSource: DataSource; readonly url: string }): Promise<ModelBench> {
    await seed(database.dataSource);
    return new ModelBench(database.dataSource, database.url);
  }

  config(settings: Readonly<Record<string, string>> = {}): AppConfig {
    return loadConfig({ NODE_ENV: 'test', DATABASE_URL: this.url, JWT_SECRET: 'a secret for tests, of more than 32 bytes', KEK, LOG_LEVEL: 'silent', PUBLIC_URL: 'http://127.0.0.1:3000', ...settings });
  }

  /** One worker: what it knows of circuits is its own. */
  worker(config: AppConfig): BenchWorker {
    const { house, billing } = this;
    const logger = Logger.create('silent', 'worker');
    const models = new AiModelStore(this.db);
    const access = new ModelAccess(config, new OwnKeys(house.work, this.keys, this.vault, logger, config));
    const routing = new ModelRouting(house.work, models, this.usage, new CreditAccountStore(), access);
    const briefings = new Briefings(house.work, house.tasks, new GitRepoStore(this.db), new GithubInstallationStore(this.db), routing, house.plans);
    const bus = { publishNews: () => undefined, publishDelta: () => undefined } as unknown as TaskEventBus;
    const crash = { reach: () => undefined } as unknown as CrashPoints;
    const stores = { uow: house.work, attempts: house.attempts, events: house.events, messages: house.messages, logs: house.logs, prices: new AiModelPriceStore() };
    const agent = new AttemptAgent(stores, { ledger: billing.ledger, usage: billing.usage }, new AttemptModels(access, house.work, new AttemptModelStore(), logger), bus, crash, this.engines());
    return new BenchWorker(briefings, agent);
  }

  /** Our own loop: no other agent is installed here. */
  private engines(): AttemptEngines {
    return new AttemptEngines({ find: () => Promise.resolve({ program: null, reason: 'none is looked for' }) } as unknown as AgentPrograms, {} as AgentRunners, this.clock);
  }

  /** A claimed task; its model is the one of that name. */
  async task(tenant: Tenant, model: string, values: Partial<NewTask> = {}): Promise<ClaimedAttempt> {
    const [found] = await new AiModelStore(this.db).catalog(tenant.organization.id, { idOrName: { name: model } });
    return this.house.runningTask(tenant, { mode: 'ask', prompt: 'Where does it begin?', aiModelId: found?.id ?? null, ...values });
  }

  async row<Row>(sql: string, parameters: unknown[]): Promise<Row> {
    return ((await this.db.query<Row[]>(sql, parameters))[0] ?? {}) as Row;
  }
}

export class BenchWorker {
  constructor(
    private readonly briefings: Briefings,
    readonly agent: AttemptAgent,
  ) {}

  brief(attempt: ClaimedAttempt): Promise<Briefing> {
    return this.briefings.of(attempt);
  }

  /** Works on an attempt to its end. @param meanwhile happens after the models were opened */
  async run(attempt: ClaimedAttempt, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<BenchRun> {
    const briefing = await this.brief(attempt);
    const opened = await this.agent.open(briefing);
    await meanwhile();
    const workspace = Object.assign(new MemoryWorkspace({ 'main.ts': 'begin();' }), { baseSha: 'a'.repeat(40), secrets: [], checkpointBundle: () => Promise.resolve(null) });
    const outcome = await this.agent.run(briefing, opened, workspace as unknown as GitWorkspace, new AbortController().signal);
    return { briefing, opened, outcome };
  }
}
