import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { SandboxIdentity } from '../sandbox/sandbox-spec';
import { AllowedHosts } from './allowed-hosts';
import { PUBLIC_NETWORK, type EgressNetwork } from './egress-connect';
import { EgressProxy } from './egress-proxy';
import { REGISTRIES } from './registries';

const MIB = 1024 ** 2;

/** Opens doors to the network for single sandboxes. */
@Injectable()
export class Egress {
  /** A test's own class names another; no setting does. */
  protected readonly network: EgressNetwork = PUBLIC_NETWORK;

  constructor(private readonly config: AppConfig) {}

  /** A door in `folder` to the deployment's hosts and these; close it when its sandbox has ended. */
  open(folder: string, identity: SandboxIdentity | null, hosts: readonly string[]): Promise<EgressProxy> {
    const { EGRESS_HOSTS, EGRESS_REGISTRIES, EGRESS_MAX_MB, EGRESS_CONNECTIONS } = this.config.egress;
    const all = [...(EGRESS_REGISTRIES ? REGISTRIES : []), ...EGRESS_HOSTS, ...hosts];
    return EgressProxy.open(folder, identity, { hosts: new AllowedHosts(all), network: this.network, maxBytes: EGRESS_MAX_MB * MIB, maxConnections: EGRESS_CONNECTIONS });
  }
}
