import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const listening = (line) => line.msg === 'api listening' && line.url;
const DEBIAN = '/usr/bin/python3';
/** `python3 -m venv` there, and `pip install fastapi==0.163.2 uvicorn==0.54.0 asyncpg==0.32.0 uvloop==0.23.0 httptools orjson==3.13.0 ujson pyjwt`. */
const TODAY = process.env.BENCH_FASTAPI_PYTHON ?? join(homedir(), '.cache/async-coder/fastapi/bin/python');

/** The rivals. Each prints its address once it serves. */
export const ARMS = {
  floor: { script: 'bench/api/arms/floor.mjs' },
  ours: { script: 'dist/apps/api/src/main.js', ready: listening },
  stock: { script: 'bench/api/arms/nest-stock.mjs' },
  fastify: { script: 'bench/api/arms/fastify.mjs' },
  /** The product on Nest's Fastify adapter. */
  adapter: { script: 'bench/api/arms/adapter.mjs' },
  /** The product with Express's prototypes given to node:http: gained on Node 20, lost on 24. */
  override: { script: 'dist/apps/api/src/main.js', flags: ['--import', './bench/api/arms/override.mjs'], ready: listening },
  /** Of Debian 12: python3-fastapi python3-uvicorn python3-asyncpg python3-uvloop python3-httptools python3-jwt. */
  fastapi: { script: 'bench/api/arms/python/fastapi_arm.py', program: () => DEBIAN, isThere: () => lacks(DEBIAN, 'fastapi, uvicorn, asyncpg, uvloop, httptools, jwt'), needsSql: true },
  starlette: { script: 'bench/api/arms/python/starlette_arm.py', program: () => TODAY, isThere: () => lacks(TODAY, 'starlette, uvicorn, asyncpg, uvloop, httptools, jwt, ujson'), needsSql: true },
  'fastapi today': { script: 'bench/api/arms/python/fastapi_arm.py', env: { BENCH_JSON: 'orjson' }, program: () => TODAY, isThere: () => lacks(TODAY, 'fastapi, uvicorn, asyncpg, uvloop, httptools, jwt, orjson'), needsSql: true },
  /** The floor once more: how far two equal things come out apart. */
  again: { script: 'bench/api/arms/floor.mjs' },
};

function lacks(python, modules) {
  if (!existsSync(python)) return `${python} is not there`;
  const { status, stderr } = spawnSync(python, ['-c', `import ${modules}`], { encoding: 'utf8' });
  return status === 0 ? null : `not installed: ${stderr.trim().split('\n').at(-1)}`;
}
