import type { ModelSeed } from './seed-types';

/** What an agent that is no part of this platform can be given; reviews need tools of ours. */
const MODES = ['code', 'debug', 'ask', 'documentation', 'architect'];
/** Agents stand behind all models. */
const FIRST = 1_000;

/** The models that each agent is offered with from the first day; an operator may add any other, by a row of the same kind. */
const OFFERED: Readonly<Record<string, { readonly displayName: string; readonly models: readonly string[] | 'all' }>> = {
  aider: { displayName: 'Aider', models: 'all' },
  'claude-code': { displayName: 'Claude Code', models: ['claude-sonnet-5-5'] },
  codex: { displayName: 'Codex', models: ['gpt-6.1-terra'] },
  'gemini-cli': { displayName: 'Gemini CLI', models: ['gemini-3.8-flash'] },
  opencode: { displayName: 'OpenCode', models: ['claude-sonnet-5-5'] },
};

/**
 * A row for each command-line agent and model that it is offered with: "aider/claude-sonnet-5-5". Its wire id is our name of that model, whose prices, keys
 * and plan count; it has no prices of its own.
 */
export function agentModels(models: readonly ModelSeed[]): ModelSeed[] {
  return Object.entries(OFFERED).flatMap(([agent, { displayName, models: offered }], n) =>
    models
      .filter(({ name, lifecycle }) => lifecycle !== 'retired' && (offered === 'all' || offered.includes(name)))
      .map((model) => ({
        ...model, name: `${agent}/${model.name}`, provider: agent, providerModelId: model.name, displayName: `${displayName} with ${model.displayName}`, modes: MODES, isDefault: false,
        sortOrder: FIRST * (n + 1) + model.sortOrder, prices: [],
      })),
  );
}
