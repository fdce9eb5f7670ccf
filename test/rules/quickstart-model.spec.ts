import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const SERVICES = pathToFileURL(resolve('scripts/quickstart/services.mjs')).href;

interface ChosenModel {
  readonly url: string | null;
  readonly label: string;
  readonly settings: Record<string, string>;
}

/** What the quickstart makes of an environment; a house that cannot start anything stands in for its own. */
function modelFor(environment: Record<string, string>): ChosenModel {
  const script = `const { startModel } = await import(${JSON.stringify(SERVICES)}); console.log(JSON.stringify(await startModel({ start: async () => ({ url: 'http://stand-in' }) })));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: environment, encoding: 'utf8', cwd: join(__dirname, '../..'), timeout: 60_000 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ChosenModel;
}

describe('the quickstart\'s model', () => {
  it.each<[string, Record<string, string>, string]>([
    ['Anthropic', { ANTHROPIC_API_KEY: 'a', ANTHROPIC_BASE_URL: 'http://gateway' }, 'Anthropic, with your key'],
    ['Anthropic by its other name', { CLAUDE_API_KEY: 'a' }, 'Anthropic, with your key'],
    ['OpenAI', { OPENAI_API_KEY: 'o' }, 'OpenAI, with your key'],
    ['Gemini', { GEMINI_API_KEY: 'g' }, 'Gemini, with your key'],
    ['whatever there is', { OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g' }, 'OpenAI, Gemini, with your keys'],
  ])('is that of %s where there is a key', (_, environment, label) => {
    expect(modelFor(environment)).toEqual({ url: null, label, settings: environment });
  });

  it('is that of a compatible server where one is named, and a stand-in that says so where nothing is', () => {
    const server = { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', OPENAI_COMPATIBLE_MODEL: 'local-coder' };
    expect(modelFor({ ...server, ANTHROPIC_API_KEY: 'a' })).toEqual({ url: null, label: 'local-coder at http://127.0.0.1:11434/v1', settings: server });
    expect(modelFor({})).toMatchObject({ url: 'http://stand-in', label: 'a recorded session (a stand-in: no model is configured)', settings: { ANTHROPIC_BASE_URL: 'http://stand-in' } });
  });
});
