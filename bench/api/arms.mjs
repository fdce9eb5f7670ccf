const listening = (line) => line.msg === 'api listening' && line.url;

/** The rivals. Each prints its address once it serves. */
export const ARMS = {
  floor: { script: 'bench/api/arms/floor.mjs' },
  ours: { script: 'dist/apps/api/src/main.js', ready: listening },
  stock: { script: 'bench/api/arms/nest-stock.mjs' },
  fastify: { script: 'bench/api/arms/fastify.mjs' },
  /** The floor once more: how far two equal things come out apart. */
  again: { script: 'bench/api/arms/floor.mjs' },
};
