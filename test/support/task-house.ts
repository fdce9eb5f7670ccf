import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import { ApiClient } from './api-client';
import { askedOf, tellPeer } from './peer-script';
import { RunningQuickstart } from './quickstart';

/** Both processes at work, with a person of it signed in, its database open and its model's stand-in at hand. */
export class TaskHouse {
  private constructor(
    readonly running: RunningQuickstart,
    /** The first person of the house. */
    readonly ada: ApiClient,
    readonly database: Client,
  ) {}

  /**
   * @param settings environment of both processes, beside the house's own
   * @param args of the quickstart, such as `--worker 0`
   */
  static async open(settings: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<TaskHouse> {
    const running = await RunningQuickstart.start(args, settings);
    const database = new Client({ connectionString: running.state.databaseUrl });
    await database.connect();
    return new TaskHouse(running, new ApiClient(running.state.apiUrl, running.state.users[0]!.accessToken), database);
  }

  get state(): RunningQuickstart['state'] {
    return this.running.state;
  }

  /** A value that must be found nowhere when the house is closed. */
  watch(name: string, secret: string): void {
    this.running.watch(name, secret);
  }

  /** Searches the house for its secrets and takes it down. */
  async close(): Promise<void> {
    await this.database.end();
    await this.running.stop();
  }

  /** Submits a task on the house's repository. */
  async handIn(fields: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body, headers } = await this.ada.post('/tasks', { repositoryId: this.state.repository.id, ...fields });
    if (status !== 201) throw new Error(`POST /tasks answered ${status}: ${JSON.stringify(body)}`);
    expect(headers.get('location')).toBe(`/api/v1/tasks/${String(body.id)}`);
    return String(body.id);
  }

  /** Tells the model's stand-in its turns or its troubles, or to forget both and what it was asked. */
  async model(what: 'script' | 'faults' | 'reset', body: object = {}): Promise<void> {
    await tellPeer(this.state.peers.llm, what, body);
  }

  /** Every call that the model's stand-in answered. */
  asked<Request>(): Promise<readonly Request[]> {
    return askedOf<Request>(this.state.peers.llm);
  }

  /** What the model was sent of whatever holds this text, newest call last. */
  async prompts(text: string): Promise<string[]> {
    return (await this.asked()).map((request) => JSON.stringify(request)).filter((request) => request.includes(text));
  }

  /** The commit of a task's branch; empty when there is none. */
  remoteHead(taskId: string): string {
    return execFileSync('git', ['ls-remote', this.state.repository.cloneUrl, `refs/heads/async-coder/${taskId}`], { encoding: 'utf8' }).split('\t')[0] ?? '';
  }
}
