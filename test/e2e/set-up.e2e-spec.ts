import { TaskHouse } from '../support/task-house';

const TOKEN = `npm_${'T'.repeat(12)}-of-the-registry-42`;
/** Asks the sandbox's door for an address. */
const ASK = `node -e "require('http').get({ host: '127.0.0.1', port: 8118, path: 'http://evil.example/' }, (r) => r.pipe(process.stdout)).on('error', (e) => console.log(e.code))"`;

/** A repository's set-up as its owner sees it, through both processes. The house is searched for the secret before it is torn down. */
describe('the set-up of a repository', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
    house.watch('secret of the repository', TOKEN);
    const { status } = await house.ada.send('PUT', `/repositories/${house.state.repository.id}/secrets/REGISTRY_TOKEN`, { value: TOKEN });
    expect(status).toBe(204);
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  const settings = async (changes: object): Promise<void> => {
    const { status, body } = await house.ada.send('PATCH', `/repositories/${house.state.repository.id}`, { settings: changes });
    expect({ status, body }).toMatchObject({ status: 200, body: { settings: changes } });
  };
  const run = async (): Promise<Record<string, unknown>> => {
    const id = await house.handIn({ prompt: 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.' });
    return house.ada.until(id, ['completed', 'failed']);
  };
  const logs = async (id: unknown, source = 'setup'): Promise<string> => {
    const { body } = await house.ada.get<{ data: { message: string }[] }>(`/tasks/${String(id)}/logs?source=${source}&limit=100`);
    return body.data.map(({ message }) => message).join('\n');
  };

  it('has the secrets and the door; the agent, the checks and the records have neither', async () => {
    await settings({
      setupCommand: `echo "length \${#REGISTRY_TOKEN}: $REGISTRY_TOKEN"; ${ASK}; echo "token=$REGISTRY_TOKEN" > ~/.npmrc; echo "$REGISTRY_TOKEN" > /workspace/deps/entry`,
      verifyCommands: ['npm test', 'test -z "$REGISTRY_TOKEN$HTTPS_PROXY" && test ! -e ~/.npmrc && ! (exec 3<>/dev/tcp/127.0.0.1/8118)'],
    });
    const task = await run();
    expect(task).toMatchObject({ status: 'completed', verification: { status: 'passed' } });
    const text = await logs(task.id);
    expect(text).toContain(`length ${TOKEN.length}: [redacted]`);
    expect(text).toContain('evil.example:80 refused: is not on the list of allowed hosts');
    expect(text).toContain('They were removed, so that the agent does not see them: /workspace/home/.npmrc, /workspace/deps/entry');
    const { body } = await house.ada.get<{ data: object[] }>(`/repositories/${house.state.repository.id}/secrets`);
    expect(body.data).toEqual([{ name: 'REGISTRY_TOKEN', updatedAt: expect.any(String) as string, updatedBy: expect.any(String) as string }]);
  }, 150_000);

  it('ends the task in words when it fails, or lets the agent work with what there is', async () => {
    await settings({ setupCommand: `${ASK}; exit 7`, verifyCommands: ['npm test'] });
    expect(await run()).toMatchObject({ status: 'failed', statusReason: 'setup_failed', error: { message: expect.stringMatching(/ended with exit code 7\. It was refused evil\.example:80: an admin can allow hosts/) as string } });
    await settings({ setupFailure: 'continue', agentNetwork: 'allow-list', verifyCommands: ['npm test', ASK] });
    const task = await run();
    expect(task).toMatchObject({ status: 'completed' });
    expect(await logs(task.id, 'agent')).toContain('evil.example:80 refused: is not on the list of allowed hosts');
  }, 200_000);
});
