import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceFixture } from './workspace-fixture';

/** An npm registry on this machine that has one package, under a name that only the proxy can resolve. */
export class NpmRegistry {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** The value of the last Authorization header. */
  authorization: string | undefined;
  private tarball = Buffer.alloc(0);

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(): Promise<NpmRegistry> {
    const server = createServer((request, response) => {
      registry.asked.push(request.url ?? '');
      registry.authorization = request.headers.authorization;
      if (request.url?.endsWith('.tgz')) response.end(registry.tarball);
      else response.writeHead(404, { 'Content-Type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = new NpmRegistry(server, `registry.example:${(server.address() as AddressInfo).port}`);
    return registry;
  }

  /** Files of a project that depends on the package, whose lock file names this registry. */
  async project(fixture: WorkspaceFixture): Promise<Record<string, string>> {
    await fixture.shell(`mkdir -p pack/package && cd pack && echo '{"name":"tiny","version":"1.0.0","main":"index.js"}' > package/package.json && echo 'module.exports = "tiny works";' > package/index.js && tar -czf tiny.tgz package`);
    this.tarball = await readFile(join(fixture.folder, 'pack/tiny.tgz'));
    const integrity = `sha512-${createHash('sha512').update(this.tarball).digest('base64')}`;
    const manifest = { name: 'project', version: '1.0.0', dependencies: { tiny: '1.0.0' } };
    const lock = {
      name: 'project', version: '1.0.0', lockfileVersion: 3, requires: true,
      packages: { '': manifest, 'node_modules/tiny': { version: '1.0.0', resolved: `http://${this.host}/tiny/-/tiny-1.0.0.tgz`, integrity } },
    };
    return { 'package.json': JSON.stringify(manifest), 'package-lock.json': JSON.stringify(lock), '.npmrc': `registry=http://${this.host}/\n`, '.gitignore': 'node_modules\n' };
  }

  stop(): void {
    this.server.close();
  }
}
