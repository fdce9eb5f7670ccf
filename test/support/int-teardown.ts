// Ends what int-setup started.
export default async function teardown(): Promise<void> {
  const servers = globalThis.intServers;
  await servers?.dropTemplate?.();
  await servers?.redis?.stop();
  await servers?.postgres?.stop();
}
