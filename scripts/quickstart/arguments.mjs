import { parseArgs } from 'node:util';
import { stop } from '../lib/say.mjs';

export const HELP = `npm run quickstart -- [options]

  --once              exit after the pull request: 0 when it exists, 1 when anything failed
  --serve             start everything, submit no task, stay up
  --repo PATH|URL     work on this git repository instead of the sample
  --prompt TEXT       what the agent shall do
  --mode code|ask     what kind of task (code)
  --api N --worker N  how many processes of each (1)
  --clerk             sign-in with Clerk as well, over a stand-in for it (for tests)
  --stripe            with --serve or --once: plans and credits over a stand-in for Stripe, which is there by itself otherwise
  --state FILE        where to write addresses, tokens and process ids (.quickstart.json)

Settings it reads: DATABASE_URL, REDIS_URL, API_PORT; the model is that of ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, with several of them the one that fits best;
for a compatible server in their place OPENAI_BASE_URL (with /v1), OPENAI_COMPATIBLE_MODEL (else the first it offers), OPENAI_COMPATIBLE_INPUT_USD and _OUTPUT_USD (its price per million tokens, else 0).
Without DATABASE_URL it starts an embedded PostgreSQL; without a model it plays a recorded session.
`;

const OPTIONS = {
  once: { type: 'boolean', default: false },
  serve: { type: 'boolean', default: false },
  repo: { type: 'string' },
  prompt: { type: 'string' },
  mode: { type: 'string', default: 'code' },
  api: { type: 'string', default: '1' },
  worker: { type: 'string', default: '1' },
  clerk: { type: 'boolean', default: false },
  stripe: { type: 'boolean', default: false },
  state: { type: 'string', default: '.quickstart.json' },
  help: { type: 'boolean', default: false },
};

export function readArguments(argv) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: OPTIONS, strict: true }));
  } catch (error) {
    stop(error.message, HELP);
  }
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  if (!['code', 'ask'].includes(values.mode)) stop(`--mode ${values.mode} is not built yet.`, 'Use --mode code or --mode ask.');
  if (values.repo !== undefined && values.prompt === undefined) values.prompt = values.mode === 'ask' ? 'What does this repository do, and where does its work begin?' : 'Add a short note that describes this repository.';
  return { ...values, stripe: values.stripe || !(values.serve || values.once), api: processes('--api', values.api), worker: processes('--worker', values.worker, values.serve ? 0 : 1) };
}

function processes(option, text, least = 1) {
  const count = Number(text);
  if (!Number.isInteger(count) || count < least || count > 8) stop(`${option} ${text} is not a number from ${least} to 8.`, HELP);
  return count;
}
