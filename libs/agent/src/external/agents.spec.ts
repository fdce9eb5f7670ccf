import { AGENT_FOLDER, type AgentTurn, type ExternalAgent } from './external-agent';
import { EXTERNAL_AGENTS, externalAgent } from './agents';

const TOKEN = 'f'.repeat(64);
const TURN: AgentTurn = { door: { origin: 'http://127.0.0.1:4180', token: TOKEN }, model: 'claude-sonnet-5-5', contextWindow: 1_000_000, maxOutputTokens: 64_000, readsOnly: false, message: 'Mend \'it\' "now".' };

const all = EXTERNAL_AGENTS.map((agent) => [agent.slug, agent] as const);

describe.each(all)('%s', (_, agent: ExternalAgent) => {
  const command = agent.command(TURN);
  const everything = JSON.stringify(command);

  it('reaches the model through its door only, and is given the message', () => {
    expect(everything).toContain('http://127.0.0.1:4180');
    expect(everything.match(/https?:\/\/(?!127\.0\.0\.1:4180)/g)).toBeNull();
    expect(everything).toContain('claude-sonnet-5-5');
    expect([command.stdin, ...Object.values(command.files)]).toContain(TURN.message);
  });

  it('has its token where no list of processes shows it', () => {
    expect(command.args.join(' ')).not.toContain(TOKEN);
    expect([...Object.values(command.env), ...Object.values(command.files)].join(' ')).toContain(TOKEN);
  });

  it('names files below its own folder, and no options twice', () => {
    for (const path of command.args.filter((arg) => arg.startsWith('/'))) expect(path.startsWith(`${AGENT_FOLDER}/`)).toBe(true);
    for (const path of command.args.filter((arg) => arg.startsWith(`${AGENT_FOLDER}/`))) expect(Object.keys(command.files).concat(['llm.log', 'chat.md', 'input.log'])).toContain(path.slice(AGENT_FOLDER.length + 1));
    const flags = command.args.filter((arg) => arg.startsWith('--'));
    expect(new Set(flags).size).toBe(flags.length);
  });

  it('is told when it may change nothing', () => {
    if (agent.slug === 'codex') return expect(agent.command({ ...TURN, readsOnly: true })).toBeDefined();
    expect(agent.command({ ...TURN, readsOnly: true }).args).not.toEqual(command.args);
  });

  it('does not offer reviews, and is found by its name', () => {
    expect(agent.modes).not.toContain('pr_review');
    expect(externalAgent(agent.slug)).toBe(agent);
    expect(agent.masked.test('.env')).toBe(true);
    for (const name of ['src', 'package.json', '.gitignore', '.github']) expect([agent.masked.test(name), agent.leftovers.test(name)]).toEqual([false, false]);
  });
});

describe('the last words', () => {
  const answerOf = (slug: string, output: string): string | null | undefined => externalAgent(slug)?.answer(output);

  it('are read from what each program prints', () => {
    expect(answerOf('aider', 'anything')).toBeNull();
    expect(answerOf('claude-code', 'warning\n{"type":"result","subtype":"success","result":"Done."}\n')).toBe('Done.');
    expect(answerOf('codex', '{"type":"item.completed","item":{"type":"agent_message","text":"first"}}\n{"type":"item.completed","item":{"type":"agent_message","text":"last"}}\n{"type":"turn.completed","usage":{}}\n')).toBe('last');
    expect(answerOf('gemini-cli', 'Loaded.\n{\n  "response": "Done.",\n  "stats": {}\n}\n')).toBe('Done.');
    expect(answerOf('opencode', '{"type":"step_start"}\n{"type":"text","part":{"text":"Done."}}\n{"type":"step_finish"}\n')).toBe('Done.');
  });

  it('are none when the output is not what it should be', () => {
    for (const agent of EXTERNAL_AGENTS) for (const output of ['', 'text', '{', '[]', '{"type":"result"}', '{"item":null,"type":"item.completed"}', '\0']) expect(agent.answer(output)).toBeNull();
  });
});

it('an unknown agent is none', () => {
  expect(externalAgent('toString')).toBeNull();
});
