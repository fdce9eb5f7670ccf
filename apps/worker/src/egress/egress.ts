import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import { join } from 'node:path';
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

/** Where the door is inside the sandbox, and how its programs are told. */
export const DOOR_SOCKET = '/opt/async-coder/egress.sock';
export const DOOR_PORT = 8118;
const DOOR_URL = `http://127.0.0.1:${DOOR_PORT}`;

/** The file that `node --import` loads into the sandbox's first program. */
export const FORWARDER_FILE = join(__dirname, `forwarder${__filename.slice(-3)}`);

/** What package managers read to find the proxy. */
export const PROXY_ENV: Readonly<Record<string, string>> = {
  HTTP_PROXY: DOOR_URL, HTTPS_PROXY: DOOR_URL, http_proxy: DOOR_URL, https_proxy: DOOR_URL, ALL_PROXY: DOOR_URL, all_proxy: DOOR_URL, NO_PROXY: 'localhost,127.0.0.1,::1', no_proxy: 'localhost,127.0.0.1,::1',
  npm_config_proxy: DOOR_URL, npm_config_https_proxy: DOOR_URL, npm_config_noproxy: 'localhost,127.0.0.1', YARN_HTTP_PROXY: DOOR_URL, YARN_HTTPS_PROXY: DOOR_URL, PIP_PROXY: DOOR_URL, GLOBAL_AGENT_HTTP_PROXY: DOOR_URL,
  CARGO_HTTP_PROXY: DOOR_URL, MAVEN_OPTS: javaProxy(), GRADLE_OPTS: javaProxy(), NODE_USE_ENV_PROXY: '1',
};

function javaProxy(): string {
  return ['http', 'https'].map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${DOOR_PORT}`).join(' ');
}
