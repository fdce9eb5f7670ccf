import { join } from 'node:path';
import type { SandboxMount } from '../sandbox/sandbox-spec';

/** What a sandbox needs to use a socket of ours as if it were a server on its own loopback. */
export interface SandboxDoor {
  readonly mounts: readonly SandboxMount[];
  /** Arguments of Node, before the program. */
  readonly preload: readonly string[];
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Environment of the commands. */
  readonly env: Readonly<Record<string, string>>;
}

/** The file that `node --import` loads into the sandbox's first program; place it where sandbox users can read it. */
export const FORWARDER_FILE = join(__dirname, `forwarder${__filename.slice(-3)}`);

const INSIDE = '/opt/async-coder';
const EGRESS_PORT = 8118;
const EGRESS_URL = `http://127.0.0.1:${EGRESS_PORT}`;
const HERE = 'localhost,127.0.0.1,::1';

/** What programs read to find the proxy. */
const PROXY_ENV: Readonly<Record<string, string>> = {
  HTTP_PROXY: EGRESS_URL, HTTPS_PROXY: EGRESS_URL, ALL_PROXY: EGRESS_URL, http_proxy: EGRESS_URL, https_proxy: EGRESS_URL, all_proxy: EGRESS_URL, NO_PROXY: HERE, no_proxy: HERE,
  npm_config_proxy: EGRESS_URL, npm_config_https_proxy: EGRESS_URL, npm_config_noproxy: HERE, YARN_HTTP_PROXY: EGRESS_URL, YARN_HTTPS_PROXY: EGRESS_URL, PIP_PROXY: EGRESS_URL, CARGO_HTTP_PROXY: EGRESS_URL,
  NODE_USE_ENV_PROXY: '1', GLOBAL_AGENT_HTTP_PROXY: EGRESS_URL, MAVEN_OPTS: javaProxy(), GRADLE_OPTS: javaProxy(),
};

/** A door from a sandbox's port on its loopback to a unix socket of the host. @param forwarder where `FORWARDER_FILE` was placed */
export function sandboxDoor(forwarder: string, to: { readonly port: number; readonly socket: string; readonly name: string }): Omit<SandboxDoor, 'env'> {
  const program = `${INSIDE}/tools/${forwarder.slice(forwarder.lastIndexOf('/') + 1)}`;
  const socket = `${INSIDE}/${to.name}.sock`;
  return {
    mounts: [{ source: forwarder, target: program, writable: false }, { source: to.socket, target: socket, writable: false }],
    preload: ['--import', program],
    args: [`--forward=${to.port}=${socket}`],
  };
}

/** The door to an egress proxy. */
export function egressDoor(forwarder: string, socket: string): SandboxDoor {
  return { ...sandboxDoor(forwarder, { port: EGRESS_PORT, socket, name: 'egress' }), env: PROXY_ENV };
}

function javaProxy(): string {
  return ['http', 'https'].map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${EGRESS_PORT}`).join(' ');
}
