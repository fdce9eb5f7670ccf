import { spawnSync } from 'node:child_process';

const listening = (line) => line.msg === 'api listening' && line.url;

/** The rivals. Each prints its address once it serves. */
export const ARMS = {
  floor: { script: 'bench/api/arms/floor.mjs' },
  ours: { script: 'dist/apps/api/src/main.js', ready: listening },
  stock: { script: 'bench/api/arms/nest-stock.mjs' },
  fastify: { script: 'bench/api/arms/fastify.mjs' },
  /** Of Debian 12, where it is installed: python3-fastapi python3-uvicorn python3-asyncpg python3-uvloop python3-httptools python3-jwt. */
  fastapi: { script: 'bench/api/arms/python/fastapi_arm.py', program: '/usr/bin/python3', isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import fastapi, uvicorn, asyncpg, uvloop, httptools, jwt']).status === 0, needsSql: true },
  /** The floor once more: how far two equal things come out apart. */
  again: { script: 'bench/api/arms/floor.mjs' },
};
