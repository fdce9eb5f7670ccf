// A base image under the name that the Dockerfiles ask for, made of Debian's packages and the Node at hand: for machines that reach no image registry.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OWN_CA = '/usr/local/share/ca-certificates';

/** Makes and tags it, unless a kept storage has it. @param {string} archive a minbase tar that is there already, or where it shall be */
export function makeStandIn(engine, name, archive) {
  if (engine.buildah(['images', '--quiet', '--filter', `reference=${name}`], { fails: true }).trim() !== '') return;
  if (!existsSync(archive)) {
    const made = spawnSync('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', archive, 'http://deb.debian.org/debian'], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`mmdebstrap failed\n${made.stderr}`);
  }
  const container = engine.buildah(['from', 'scratch']).trim();
  engine.buildah(['add', '--quiet', container, archive, '/']);
  engine.buildah(['copy', '--quiet', container, process.execPath, '/usr/local/bin/node']);
  engine.buildah(['copy', '--quiet', container, npmFolder(), '/usr/local/lib/node_modules/npm']);
  for (const command of ['npm', 'npx']) engine.buildah(['run', container, '--', 'ln', '-s', `../lib/node_modules/npm/bin/${command}-cli.js`, `/usr/local/bin/${command}`]);
  engine.buildah(['config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '--cmd', '["node"]', container]);
  trustOwnAuthorities(engine, container);
  engine.buildah(['commit', '--quiet', '--format', 'docker', '--rm', container, name]);
}

/** Where the network looks into TLS, a build must trust whoever does; only this stand-in does. */
function trustOwnAuthorities(engine, container) {
  if (!existsSync(OWN_CA) || readdirSync(OWN_CA).length === 0) return;
  engine.buildah(['copy', '--quiet', container, OWN_CA, OWN_CA]);
  engine.buildah(['run', container, '--', 'update-ca-certificates']);
  engine.buildah(['config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt', container]);
}

function npmFolder() {
  const found = ['/usr/lib/node_modules/npm', '/usr/local/lib/node_modules/npm', join(dirname(process.execPath), '../lib/node_modules/npm')].find((path) => existsSync(path));
  if (found === undefined) throw new Error('no npm was found to put into the base image');
  return found;
}
