/** Bounds in seconds, by what is measured. Few, as each bound of each combination of labels is a series. */
const REQUEST = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALL = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const WORK = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600];

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** One metric as it is exported. `open`: labels whose values are not ours; they are held to a number of values. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
  readonly open?: readonly string[];
}

interface Options {
  readonly buckets?: readonly number[];
  readonly open?: readonly string[];
}

interface Text<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

const define = <Kind extends MetricKind, Label extends string>(kind: Kind, { name, help, labels }: Text<Label>, options: Options = {}) => ({ kind, name: `async_coder_${name}`, help, labels, ...options });
const counter = <Label extends string = never>(name: string, help: string, labels: readonly Label[] = [], options?: Options) => define('counter', { name, help, labels }, options);
const gauge = <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) => define('gauge', { name, help, labels });
const histogram = <Label extends string = never>(name: string, help: string, labels: readonly Label[], options: Options) => define('histogram', { name, help, labels }, options);

/** Every metric of the product; docs/observability.md lists the same. */
export const METRICS = {
  httpRequests: histogram('http_request_duration_seconds', 'Time to answer a request, by route template, method and status class. Streams are counted when they end, with the time to their first byte.', ['method', 'route', 'status'], { buckets: REQUEST }),
  httpInFlight: gauge('http_requests_in_flight', 'Requests being answered now, streams included.'),
  httpRefusals: counter('http_rate_limited_total', 'Calls refused by a rate limit, by group of limits.', ['group']),
  streamReaders: gauge('sse_readers', 'Event streams that are open now.'),
  errors: counter('errors_total', 'Faults of ours that were logged as errors, by where they happened.', ['where']),

  queueDepth: gauge('queue_depth', 'Rows that wait or run, by queue and state, out of PostgreSQL. Counted up to 100,000.', ['queue', 'state']),
  queueAge: gauge('queue_oldest_age_seconds', 'Age of the oldest such row.', ['queue', 'state']),
  queueRead: gauge('queue_read_success', '1 when the rows could be counted at the last look, 0 when not.'),
  jobs: histogram('job_duration_seconds', 'Time a job ran in this worker, by queue and outcome.', ['queue', 'outcome'], { buckets: WORK }),
  jobsRunning: gauge('jobs_running', 'Jobs that run in this worker now, by queue.', ['queue']),
  enqueueFailures: counter('enqueue_failures_total', 'Jobs that could not be put into the queue; a sweeper repeats them.', ['queue']),

  tasksSubmitted: counter('tasks_submitted_total', 'Tasks that came in, by mode.', ['mode']),
  tasksEnded: counter('tasks_ended_total', 'Tasks that reached an end in this worker, by status.', ['status']),
  attemptsStarted: counter('attempts_started_total', 'Attempts that were claimed, by cause.', ['cause']),
  attemptWait: histogram('attempt_wait_seconds', 'Time from when an attempt could begin until a worker claimed it.', [], { buckets: WORK }),
  attempts: histogram('attempt_duration_seconds', 'Time from claim to end of an attempt, by outcome.', ['outcome'], { buckets: WORK }),
  phases: histogram('task_phase_duration_seconds', 'Time in a part of an attempt: workspace, checks, agent, publish and others.', ['phase', 'outcome'], { buckets: WORK }),
  steps: counter('steps_total', 'Steps of agents: an answer of a model with its tool results.'),
  tools: histogram('tool_call_duration_seconds', 'Time of a tool call, by tool and outcome.', ['tool', 'outcome'], { buckets: CALL, open: ['tool'] }),
  checks: histogram('check_duration_seconds', 'Time of one check command of a repository, by state of the work and outcome.', ['phase', 'outcome'], { buckets: WORK }),

  modelCalls: histogram('model_call_duration_seconds', 'Time of a model call, by provider, model and outcome.', ['provider', 'model', 'outcome'], { buckets: CALL, open: ['provider', 'model'] }),
  modelFirstToken: histogram('model_first_token_seconds', 'Time to the first token of an answer.', ['provider', 'model'], { buckets: CALL, open: ['provider', 'model'] }),
  modelErrors: counter('model_errors_total', 'Model calls that failed, by provider, model and kind of error.', ['provider', 'model', 'kind'], { open: ['provider', 'model'] }),
  modelRetries: counter('model_retries_total', 'Model calls that will be repeated after a failure.', ['provider', 'model'], { open: ['provider', 'model'] }),
  tokens: counter('model_tokens_total', 'Tokens as the vendors reported them, by kind: input, output, cache_read, cache_write.', ['provider', 'model', 'kind'], { open: ['provider', 'model'] }),
  credits: counter('credits_microcredits_total', 'Microcredits charged for model calls.', ['provider', 'model'], { open: ['provider', 'model'] }),
  creditRefusals: counter('credit_refusals_total', 'Model calls that were not made for want of credits or budget.', ['reason']),

  sandboxStarts: counter('sandbox_starts_total', 'Sandboxes that were started.'),
  sandboxKills: counter('sandbox_kills_total', 'Sandboxes that were ended because of a limit, by cause.', ['cause']),
  sandboxRunning: gauge('sandboxes_running', 'Sandboxes that run in this worker now.'),

  leaseLosses: counter('lease_losses_total', 'Attempts that this worker had to leave because their lease was lost.'),
  swept: counter('swept_rows_total', 'Rows that a sweeper brought back to life or to an end, by sweeper.', ['sweeper']),
  sweepFailures: counter('sweep_failures_total', 'Rounds of a sweeper that failed.', ['sweeper']),
  strayRows: gauge('stray_rows', 'Rows of a divided table that found no partition of their month, as this worker last saw. Counted up to 1,000.', ['table']),

  webhooksIn: counter('webhooks_in_total', 'Webhooks that arrived, by source and outcome.', ['source', 'outcome']),
  webhooksOut: histogram('webhook_delivery_duration_seconds', 'Time of one try to deliver an event, by outcome.', ['outcome'], { buckets: REQUEST }),

  poolConnections: gauge('db_pool_connections', 'Connections of the pool by state: open, idle, and waiting (callers without one).', ['state']),
  loopLag: gauge('event_loop_lag_seconds', 'Delay of the event loop since the last scrape, by quantile.', ['quantile']),
  processInfo: gauge('process_info', 'Always 1; its labels say what runs here.', ['version', 'commit']),
} as const;

export type MetricName = keyof typeof METRICS;
