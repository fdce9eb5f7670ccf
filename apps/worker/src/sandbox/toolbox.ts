import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { npmToolbox } from './npm-toolbox';

/** Host paths of what each sandbox gets beside /usr. */
export interface Tools {
  readonly node: string;
  /** Folder with our minimal passwd, group, hosts and nsswitch.conf. */
  readonly etc: string;
  /** Folder with an npm that the system lacks; null: there is none to add. */
  readonly npm: string | null;
}

const ETC_FILES: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:1000:1000:agent:/workspace/home:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n',
  group: 'root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

/** A folder that every sandbox user can enter and none can write: our Node, our minimal /etc, the file tools. */
@Injectable()
export class Toolbox {
  private prepared: Promise<Tools> | null = null;

  constructor(private readonly config: AppConfig) {}

  /** Prepares the folder at first use. */
  tools(): Promise<Tools> {
    this.prepared ??= this.prepare().catch((error: unknown) => {
      this.prepared = null;
      throw error;
    });
    return this.prepared;
  }

  /** Copies a file in, under a name that changes with its content; returns where it is. */
  async place(source: string): Promise<string> {
    const content = await readFile(source);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const target = join(await this.folder(), `${basename(source, extname(source))}-${hash}${extname(source)}`);
    if (!existsSync(target)) await placed(target, (path) => writeFile(path, content), 0o644);
    return target;
  }

  private async prepare(): Promise<Tools> {
    const folder = await this.folder();
    const etc = join(folder, 'etc');
    await openFolder(etc, 0o755);
    for (const [name, content] of Object.entries(ETC_FILES)) await placed(join(etc, name), (path) => writeFile(path, content), 0o644);
    return { node: await this.node(folder), etc, npm: await npmToolbox(this.config, folder) };
  }

  private async folder(): Promise<string> {
    const data = resolve(this.config.worker.WORKER_DATA_DIR);
    // Entered by every sandbox user, listed by none: the names of workspaces below are random.
    await openFolder(data, 0o711);
    const folder = join(data, 'toolbox');
    await openFolder(folder, 0o755);
    return folder;
  }

  /** Our own Node where a sandbox user can reach it, else a copy. */
  private async node(folder: string): Promise<string> {
    if (process.getuid?.() !== 0 || (await everyoneCanRun(process.execPath))) return process.execPath;
    const { size, mtimeMs } = await stat(process.execPath);
    const target = join(folder, `node-${process.version}-${size}-${Math.round(mtimeMs)}`);
    if (!existsSync(target)) await placed(target, (path) => copyFile(process.execPath, path), 0o755);
    return target;
  }
}

async function openFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  if (((await stat(path)).mode & 0o777) !== mode) await chmod(path, mode);
}

/** Writes beside and renames: another worker that starts now sees the whole file or none. */
async function placed(target: string, write: (path: string) => Promise<void>, mode: number): Promise<void> {
  const draft = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await write(draft);
  await chmod(draft, mode);
  await rename(draft, target);
}

async function everyoneCanRun(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
