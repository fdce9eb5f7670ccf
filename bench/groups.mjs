/**
 * The groups: which goals each answers, and how long it measures. `short` is the run of all groups, `long` what a group adds when it is named alone,
 * `smoke` only looks whether everything still works.
 */
export const GROUPS = {
  api: { goals: /^PA/, load: () => import('./api/group.mjs'), short: { pairs: 3, seconds: 1, boots: 2, warmUp: 2_000 }, long: { pairs: 10, seconds: 2, boots: 5, warmUp: 12_000 }, smoke: { pairs: 1, seconds: 1, boots: 1, warmUp: 100, arms: ['floor', 'ours', 'again'] } },
  queue: { goals: /^PQ/, load: () => import('./queue/group.mjs'), short: { pairs: 3, calls: 60, many: 600 }, long: { pairs: 10, calls: 200, many: 1_000 }, smoke: { pairs: 1, calls: 10, many: 50 } },
  llm: { goals: /^PL/, load: () => import('./llm/group.mjs'), short: { pairs: 4, calls: 150, events: 60_000, streams: 3 }, long: { pairs: 10, calls: 400, events: 200_000, streams: 10 }, smoke: { pairs: 1, calls: 20, events: 5_000, streams: 1 } },
  events: { goals: /^PE/, load: () => import('./events/group.mjs'), short: { pairs: 3, rows: 20_000, seconds: 3, readers: 100 }, long: { pairs: 10, rows: 50_000, seconds: 5, readers: 100 }, smoke: { pairs: 1, rows: 2_000, seconds: 1, readers: 10 } },
  workspace: { goals: /^PW/, load: () => import('./workspace/group.mjs'), short: { pairs: 3, commands: 40 }, long: { pairs: 8, commands: 100 }, smoke: { pairs: 1, commands: 5 } },
  webhooks: { goals: /^PG/, load: () => import('./webhooks/group.mjs'), short: { pairs: 3, seconds: 1 }, long: { pairs: 10, seconds: 2 }, smoke: { pairs: 1, seconds: 1 } },
  engine: { goals: /^PH/, load: () => import('./agent/group.mjs'), short: { pairs: 2, steps: 120, tasks: 6 }, long: { pairs: 5, steps: 510, tasks: 20 }, smoke: { pairs: 1, steps: 12, tasks: 2 } },
  ledger: { goals: /^PB/, load: () => import('./ledger/group.mjs'), short: { pairs: 3, seconds: 1 }, long: { pairs: 10, seconds: 2 }, smoke: { pairs: 1, seconds: 1 } },
  embedded: { goals: /^PX/, load: () => import('./embedded/group.mjs'), short: { pairs: 1 }, long: { pairs: 5 }, smoke: { pairs: 1 } },
};
