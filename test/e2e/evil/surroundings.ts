import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What lies around the sandboxes: a secret that every user of this machine may read, and ears that hear whatever comes out. */
export class Surroundings {
  readonly folder = mkdtempSync(join(tmpdir(), 'evil-canary-'));
  readonly canary = `canary-${randomBytes(16).toString('hex')}`;
  readonly hostFile = join(this.folder, 'secret.txt');
  readonly unixSocket = join(this.folder, 'ear.sock');
  readonly abstractName = `evil-ear-${randomBytes(6).toString('hex')}`;
  /** Of this machine, besides the loopback. */
  readonly hostAddress = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
  /** What was heard, and where. */
  readonly heard: string[] = [];
  private readonly servers: (Server | Socket)[] = [];
  tcpPort = 0;
  udpPort = 0;

  static async open(): Promise<Surroundings> {
    const made = new Surroundings();
    chmodSync(made.folder, 0o755);
    writeFileSync(made.hostFile, `${made.canary}\n`, { mode: 0o644 });
    const addresses = [...new Set(['127.0.0.1', made.hostAddress])];
    for (const address of addresses) made.tcpPort = await made.listen(address, made.tcpPort);
    for (const address of addresses) made.udpPort = await made.listenUdp(address, made.udpPort);
    await made.listenPath(made.unixSocket);
    await made.listenPath(`\0${made.abstractName}`);
    chmodSync(made.unixSocket, 0o777);
    return made;
  }

  /** The secret as it was, and nobody wrote beside it. */
  get isUntouched(): boolean {
    return readFileSync(this.hostFile, 'utf8') === `${this.canary}\n`;
  }

  close(): void {
    for (const server of this.servers) server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private listen(address: string, port: number): Promise<number> {
    const server = this.ear(`tcp ${address}`);
    return new Promise((resolve, reject) => server.once('error', reject).listen(port, address, () => resolve((server.address() as AddressInfo).port)));
  }

  private listenPath(path: string): Promise<void> {
    const server = this.ear(`socket ${path.replace('\0', '@')}`);
    return new Promise((resolve, reject) => server.once('error', reject).listen(path, () => resolve()));
  }

  private ear(name: string): Server {
    const server = createServer((socket) => {
      this.heard.push(name);
      socket.on('error', () => undefined).destroy();
    });
    this.servers.push(server);
    return server;
  }

  private listenUdp(address: string, port: number): Promise<number> {
    const socket = createSocket('udp4');
    this.servers.push(socket);
    socket.on('message', () => this.heard.push(`udp ${address}`));
    return new Promise((resolve, reject) => socket.once('error', reject).bind(port, address, () => resolve(socket.address().port)));
  }
}
