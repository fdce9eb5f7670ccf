// A stand-in for GitHub: its REST API for Apps and its git over HTTP, over real bare repositories.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPeople, type PeerPeople } from './auth/peer-people';
import { GithubState, newSecret, type NewRepository } from './github-state';
import type { Fault } from './faults';
import type { JournalEntry, Violation } from './journal';
import { fullName } from './repository';
import { serve } from './server';
import type { Delivery, WebhookTrouble } from './webhooks';

export type { NewRepository } from './github-state';
export type { Fault } from './faults';
export type { JournalEntry, Violation } from './journal';
export type { Delivery } from './webhooks';

export interface GithubPeerOptions {
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** Where the repositories lie; a temporary folder, removed at the end, when left out. */
  readonly dataFolder?: string;
  readonly appId?: number;
  readonly webhookSecret?: string;
}

export interface PeerRepository {
  readonly id: number;
  readonly fullName: string;
  readonly cloneUrl: string;
  readonly htmlUrl: string;
  /** The bare repository on disk. */
  readonly folder: string;
}

export interface GithubPeer {
  /** Origin: of git, pages and the control routes. */
  readonly url: string;
  /** Octokit's base URL. */
  readonly apiUrl: string;
  readonly appId: number;
  readonly clientId: string;
  readonly installationId: number;
  /** PEM, PKCS#1 as GitHub hands it out. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** People, installations, and what they may do. */
  readonly people: PeerPeople;
  addRepository(repository: NewRepository): Promise<PeerRepository>;
  /** The commit of `refs/heads/…`; null when there is none. */
  ref(fullName: string, ref: string): Promise<string | null>;
  fault(...faults: Fault[]): void;
  clearFaults(): void;
  advanceClock(ms: number): void;
  setWebhookUrl(url: string | null): void;
  /** What goes wrong with webhooks on their way; what is held is let go by `releaseWebhooks`. */
  troubleWebhooks(trouble: WebhookTrouble): void;
  releaseWebhooks(how?: { readonly isShuffled?: boolean }): void;
  /** Tells the webhook of something that did not happen here. */
  emitWebhook(event: string, action: string | null, payload: Readonly<Record<string, unknown>>): void;
  /** Every delivery so far, once all of them were answered or given up. */
  deliveries(): Promise<readonly Delivery[]>;
  requests(): readonly JournalEntry[];
  violations(): readonly Violation[];
  stop(): Promise<void>;
}

const APP_ID = 1_234_567;

export async function startGithubPeer(options: GithubPeerOptions = {}): Promise<GithubPeer> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'github-peer-'));
  const state = new GithubState(dataFolder, { appId: options.appId ?? APP_ID, webhookSecret: options.webhookSecret ?? newSecret() });
  const server = createServer((request: IncomingMessage, response: ServerResponse) => void serve(state, request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true });
  };
  return peerOf(state, stop);
}

function peerOf(state: GithubState, stop: () => Promise<void>): GithubPeer {
  return {
    url: state.url,
    apiUrl: `${state.url}/api/v3`,
    appId: state.appId,
    clientId: state.clientId,
    installationId: state.installationId,
    privateKey: state.key.export({ type: 'pkcs1', format: 'pem' }) as string,
    webhookSecret: state.webhookSecret,
    people: peerPeople(state),
    addRepository: async (wanted) => {
      const repository = await state.addRepository(wanted);
      const htmlUrl = `${state.url}/${fullName(repository)}`;
      return { id: repository.id, fullName: fullName(repository), cloneUrl: `${htmlUrl}.git`, htmlUrl, folder: repository.git.folder };
    },
    ref: async (name, ref) => {
      const [owner = '', repo = ''] = name.split('/');
      return (await state.repository(owner, repo)?.git.refs(ref))?.find((found) => found.name === ref)?.sha ?? null;
    },
    fault: (...faults) => faults.forEach((fault) => state.faults.add(fault)),
    clearFaults: () => state.faults.clear(),
    advanceClock: (ms) => state.advanceClock(ms),
    setWebhookUrl: (url) => void (state.webhooks.url = url),
    troubleWebhooks: (trouble) => state.webhooks.trouble(trouble),
    releaseWebhooks: (how) => state.webhooks.release(how),
    emitWebhook: (event, action, payload) => state.webhooks.emit(event, action, payload),
    deliveries: async () => (await state.webhooks.settle(), state.webhooks.deliveries),
    requests: () => state.journal.requests(),
    violations: () => state.journal.violations(),
    stop,
  };
}
