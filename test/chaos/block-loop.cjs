// Preloaded into a process that shall stand still: SIGUSR2 keeps its event loop busy for BLOCK_MS.
process.on('SIGUSR2', () => {
  for (const end = Date.now() + Number(process.env.BLOCK_MS ?? 10_000); Date.now() < end; );
});
