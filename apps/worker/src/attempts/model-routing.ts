import { CreditAccountStore } from '@app/billing';
import { usdFromNano } from '@app/common';
import { AiModelStore, ModelUsageStore, UnitOfWork, type CatalogModel, type ClaimedAttempt, type ModelFigures, type TaskView } from '@app/domain';
import { builtWireOf, complexityOf, fallbackChain, MODEL_PREFERENCES, routeModels, summariserFor, type ModelPreference, type RankedModel, type RoutingCandidate, type RoutingDecision } from '@app/providers';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';
import { ModelAccess } from './model-access';

/** Models that may stand in for the first one. */
const MOST_STAND_INS = 3;
/** Models of a ranking that are kept. */
const SHOWN = 10;
const TIERS = ['free', 'pro', 'enterprise'];

/** A command-line agent that does the work in place of our own loop. */
export interface NamedAgent {
  /** Its provider's name: "aider". */
  readonly slug: string;
  /** Of its row in the catalog, which the task names. */
  readonly modelId: string;
  readonly name: string;
}

/** The model of an attempt, those that stand in for it, and how that came about. */
export interface RoutedModels {
  /** Who calls the model; null: our own loop. */
  readonly agent: NamedAgent | null;
  readonly model: CatalogModel;
  /** Best first; empty: none may. */
  readonly standIns: readonly CatalogModel[];
  /** Writes summaries in place of the model; null: it does so itself. */
  readonly summariser: CatalogModel | null;
  /** As it is kept and shown. */
  readonly routing: Readonly<Record<string, unknown>>;
}

/** What of a task's options concerns the choice. */
interface RoutingOptions {
  readonly preference?: string;
  readonly modelFallback?: boolean;
}

interface Facts {
  readonly catalog: readonly CatalogModel[];
  readonly figures: ReadonlyMap<string, ModelFigures>;
  readonly availableMicro: bigint;
}

/** Chooses the models of an attempt when it begins, by what is known then. */
@Injectable()
export class ModelRouting {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly models: AiModelStore,
    private readonly usage: ModelUsageStore,
    private readonly accounts: CreditAccountStore,
    private readonly access: ModelAccess,
  ) {}

  /** @throws {AttemptFailure} provider_unavailable: nothing can be called, or not what the task names */
  async route(task: TaskView, attempt: ClaimedAttempt, repositoryKb: number | null): Promise<RoutedModels> {
    const facts = await this.facts(task.organizationId);
    const named = facts.catalog.find(({ id }) => id === task.aiModelId);
    // A command-line agent calls a model of the catalog; that one is priced, opened and replaced as any other.
    const chosen = named?.apiStyle === 'cli' ? facts.catalog.find(({ name, apiStyle }) => name === named.providerModelId && apiStyle !== 'cli') : named;
    if (!named || !chosen) throw new AttemptFailure('provider_unavailable', 'The model of this task is no longer offered. Retry with another one.');
    const decision = this.decide(task, facts, { chosen, keep: hasWorked(attempt) ? (facts.catalog.find(({ id }) => id === attempt.aiModelId) ?? null) : null, repositoryKb });
    const first = firstOf(decision, chosen, task);
    const isAllowed = optionsOf(task).modelFallback !== false;
    const standIns = fallbackChain(decision.ranked, isAllowed ? MOST_STAND_INS : 0).flatMap(({ model }) => facts.catalog.filter(({ name }) => name === model));
    const summariser = facts.catalog.find(({ name }) => name === summariserFor(decision.ranked)?.model) ?? null;
    const agent = named === chosen ? null : { slug: named.provider, modelId: named.id, name: named.name };
    return { agent, model: facts.catalog.find(({ name }) => name === first?.model) ?? chosen, standIns, summariser, routing: shown(decision, { fallback: isAllowed, chain: standIns.map(({ name }) => name) }) };
  }

  /** The model that a task names or was given, without weighing anything: for work that calls none. */
  async named(task: TaskView): Promise<CatalogModel> {
    const [model] = task.aiModelId === null ? [] : await this.models.catalog(task.organizationId, { idOrName: { id: task.aiModelId } });
    if (!model) throw new AttemptFailure('provider_unavailable', 'The model of this task is no longer offered. Retry with another one.');
    return model;
  }

  private async facts(organizationId: string): Promise<Facts> {
    const catalog = await this.models.catalog(organizationId);
    const figures = await this.usage.figures(this.uow.reader);
    const { availableMicro } = await this.accounts.balance(this.uow.reader, organizationId);
    return { catalog, figures: new Map(figures.map((figure) => [figure.modelId, figure])), availableMicro };
  }

  private decide(task: TaskView, facts: Facts, { chosen, keep, repositoryKb }: { chosen: CatalogModel; keep: CatalogModel | null; repositoryKb: number | null }): RoutingDecision {
    const left = task.maxCreditsMicro === null ? null : task.maxCreditsMicro - task.creditsUsedMicro;
    return routeModels(facts.catalog.filter(({ apiStyle }) => apiStyle !== 'cli').map((model) => this.candidate(model, task, { chosen, record: facts.figures.get(model.id) ?? null })), {
      mode: task.mode,
      requested: task.requestedModel === 'auto' ? 'auto' : chosen.name,
      keep: keep?.name ?? null,
      preference: preferenceOf(optionsOf(task)),
      complexity: complexityOf({ prompt: task.prompt, repositoryKb }),
      promptCharacters: task.prompt.length,
      affordableMicro: left !== null && left < facts.availableMicro ? left : facts.availableMicro,
    });
  }

  private candidate(model: CatalogModel, { apiKeyId }: TaskView, { chosen, record }: { chosen: CatalogModel; record: ModelFigures | null }): RoutingCandidate {
    const key = this.keyFor(model, apiKeyId, chosen);
    const circuit = this.access.circuit(model.provider, key === 'own' ? (apiKeyId ?? model.ownKeyId) : null);
    return {
      name: model.name, provider: model.provider, modes: model.modes, lifecycle: model.lifecycle, capabilities: { ...model.capabilities }, contextWindow: model.contextWindow,
      maxInputTokens: model.maxInputTokens, key, obstacle: obstacleOf(model), isProviderDown: model.isProviderDown, isCircuitOpen: circuit.isOpen, quality: model.quality, record,
      multiplierBps: model.creditMultiplierBps,
      prices: model.prices.map((price) => ({
        id: null, minPromptTokens: price.minPromptTokens, input: price.inputUmtok, output: price.outputUmtok, cacheRead: price.cacheReadUmtok, cacheWriteShort: price.cacheWriteShortUmtok,
        cacheWriteLong: price.cacheWriteLongUmtok,
      })),
    };
  }

  /** A task that names a key of its own is called with that key only, at its provider. */
  private keyFor({ provider, hasOwnKey }: CatalogModel, apiKeyId: string | null, chosen: CatalogModel): RoutingCandidate['key'] {
    if (apiKeyId !== null) return provider === chosen.provider ? 'own' : 'other';
    if (this.access.isPlatforms(provider)) return 'platform';
    return hasOwnKey ? 'own' : null;
  }
}

const WHY: Readonly<Record<string, string>> = {
  retired: 'was retired', plan: 'is not in your plan', no_price: 'has no price in force', not_installed: 'is reached over a wire that is not built',
};

/** A model that was named and cannot be used is not replaced in silence. Null: no key is there at all. @throws {AttemptFailure} provider_unavailable */
function firstOf({ ranked, excluded }: RoutingDecision, chosen: CatalogModel, { requestedModel }: TaskView): RankedModel | null {
  const [first] = ranked;
  const obstacle = excluded.find(({ model }) => model === chosen.name);
  const wanted = requestedModel === 'auto' ? null : obstacle;
  // Opening it says in words what is missing.
  if ((wanted ?? !first) && obstacle?.reason === 'no_key') return null;
  if (wanted) throw new AttemptFailure('provider_unavailable', `${chosen.name} ${WHY[wanted.reason] ?? 'cannot be used now'}. Retry with another one.`);
  if (!first) throw new AttemptFailure('provider_unavailable', 'No model can be used for this task now: GET /models says why for each.');
  return first;
}

/** Whether somebody has worked on the task: until then its model is the one that its creation proposed. */
function hasWorked({ number, fence }: ClaimedAttempt): boolean {
  return number > 1 || fence > 1n;
}

function optionsOf(task: TaskView): RoutingOptions {
  return task.options;
}

function preferenceOf({ preference }: RoutingOptions): ModelPreference {
  return MODEL_PREFERENCES.find((known) => known === preference) ?? 'auto';
}

function obstacleOf({ apiStyle, tier, minTier }: CatalogModel): RoutingCandidate['obstacle'] {
  if (apiStyle === 'cli' || builtWireOf(apiStyle) === null) return 'not_installed';
  return TIERS.indexOf(tier) < TIERS.indexOf(minTier) ? 'plan' : null;
}

function shown({ ranked, ...decision }: RoutingDecision, chosen: { fallback: boolean; chain: readonly string[] }): Readonly<Record<string, unknown>> {
  const rows = ranked.slice(0, SHOWN).map(({ estimatedNusd, ...entry }) => ({ ...entry, estimatedCostUsd: usdFromNano(estimatedNusd) }));
  return { ...decision, ...chosen, ranked: rows };
}
