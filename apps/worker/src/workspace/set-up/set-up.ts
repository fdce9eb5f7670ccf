import { AppConfig, Logger, redact } from '@app/common';
import type { ExecResult } from '@app/agent';
import { Injectable } from '@nestjs/common';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Egress } from '../../egress/egress';
import type { EgressProxy } from '../../egress/egress-proxy';
import { egressDoor, FORWARDER_FILE } from '../../egress/sandbox-door';
import { Bubblewrap } from '../../sandbox/bubblewrap';
import type { SandboxIdentity } from '../../sandbox/sandbox-spec';
import { agentSandbox, type Box } from '../checkout';
import { SandboxedTree } from '../sandboxed-tree';
import type { TrustedRepository } from '../trusted-repository';
import type { SetUpEnvironment, WorkspaceRequest } from '../workspace-request';
import { cacheKeys } from './cache-key';
import { DependencyCache } from './dependency-cache';
import { FILLED_CACHE_ENV } from './dependency-env';
import { removeLeftovers } from './leftover-secrets';
import { spellingsOf, valuesOf } from './secret-spellings';

const OUTPUT_BYTES = 256 * 1024;
const PLAIN: SetUpEnvironment = { secrets: new Map(), allowedHosts: [], defaultBranch: '', agentNetwork: false };

/** How a set-up went. */
export interface SetUpOutcome {
  /** Its output holds no secret. */
  readonly command: ExecResult;
  /** What it asked of the network, one line each. */
  readonly network: readonly string[];
  /** Hosts that it was refused, each with the reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** Whether it began with the dependencies of an earlier one, and what became of its own. */
  readonly cache: 'used' | 'kept' | 'too_large' | 'none';
  /** Files that held a secret and were removed. */
  readonly removed: readonly string[];
}

/** Where a set-up runs. */
export interface SetUpPlace {
  readonly request: WorkspaceRequest;
  readonly box: Box;
  readonly trusted: TrustedRepository;
  /** Host path of the file tools' program. */
  readonly program: string;
}

/**
 * The phase before the agent: the repository's own command, on the base, with the network that its settings allow and the secrets of its environment. When it has ended so
 * has its sandbox; the door is closed, and files with a secret in them are gone.
 */
@Injectable()
export class SetUp {
  private readonly logger: Logger;

  constructor(
    private readonly config: AppConfig,
    private readonly bubblewrap: Bubblewrap,
    private readonly egress: Egress,
    private readonly cache: DependencyCache,
    logger: Logger,
  ) {
    this.logger = logger.named('set-up');
  }

  /** Whether there is anything to run. */
  isNeeded({ setupCommand, readOnly }: WorkspaceRequest): boolean {
    return (setupCommand?.trim() ?? '') !== '' && readOnly !== true;
  }

  /** @throws the signal's reason; {AppError} setup_secrets_left */
  async run(place: SetUpPlace, signal: AbortSignal): Promise<SetUpOutcome> {
    const { box, request } = place;
    const { secrets } = request.environment ?? PLAIN;
    const owner = { organizationId: request.repository.organizationId, repositoryId: request.repository.id };
    const keys = await this.keys(place);
    const found = keys && (await this.cache.restore(box, owner, keys.read));
    const door = await this.door(box.recordFolder, box.identity, request);
    const values = [...secrets.values()].flatMap((secret) => secret.use(valuesOf));
    const spellings = [...secrets.values()].flatMap((secret) => secret.use(spellingsOf));
    try {
      const ran = await this.command(place, { door, isFilled: found !== null && found !== undefined }, signal);
      await door.close();
      const removed = await removeLeftovers(box, this.bubblewrap, spellings);
      const kept = keys && !found && ran.exitCode === 0 && !removed.some(isOfCache) ? await this.cache.keep(box, owner, keys.own) : null;
      return {
        command: { ...ran, output: redact(ran.output, values) }, network: door.log.lines(), refused: door.log.refused, removed,
        cache: found ? 'used' : kept === 'kept' || kept === 'too_large' ? kept : 'none',
      };
    } finally {
      await door.close();
    }
  }

  /** A door to the same hosts for as long as the workspace lives; null: its agent has none. Close it with the workspace. */
  async agentDoor({ request, folder, identity }: { request: WorkspaceRequest; folder: string; identity: SandboxIdentity | null }): Promise<EgressProxy | null> {
    return request.environment?.agentNetwork === true && request.readOnly !== true ? this.door(folder, identity, request) : null;
  }

  private async command({ box, request, program }: SetUpPlace, given: { door: EgressProxy; isFilled: boolean }, signal: AbortSignal): Promise<ExecResult> {
    const env = Object.fromEntries([...(request.environment?.secrets ?? [])].map(([name, secret]) => [name, secret.use((text) => text)]));
    const door = egressDoor(await this.bubblewrap.place(FORWARDER_FILE), given.door.socket);
    const tree = new SandboxedTree({
      bubblewrap: this.bubblewrap, logger: this.logger, spec: agentSandbox(box, this.bubblewrap, false), program, tagger: () => Promise.resolve([]),
      door, env: { ...env, ...(given.isFilled ? FILLED_CACHE_ENV : {}) },
    });
    try {
      return await tree.exec(request.setupCommand ?? '', { timeoutMs: this.config.egress.SETUP_TIMEOUT_SECONDS * 1_000, maxOutputBytes: OUTPUT_BYTES }, signal);
    } finally {
      // Not only the command: nothing of this sandbox, which knows the secrets, may see what comes after it.
      await tree.close();
    }
  }

  private async door(workspace: string, identity: SandboxIdentity | null, { environment = PLAIN }: WorkspaceRequest): Promise<EgressProxy> {
    const folder = join(workspace, 'doors');
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await chmod(folder, 0o711);
    return this.egress.open(folder, identity, environment.allowedHosts);
  }

  private keys({ request, trusted }: SetUpPlace): ReturnType<typeof cacheKeys> {
    if (this.config.egress.DEPENDENCY_CACHE_MB === 0) return Promise.resolve(null);
    const branch = request.ref;
    return cacheKeys(trusted, { command: request.setupCommand ?? '', branch, defaultBranch: request.environment?.defaultBranch || branch });
  }
}

function isOfCache(path: string): boolean {
  return path.startsWith('/workspace/deps/');
}
