/** The SDKs' own limit, above all of ours: who wants a call to end sooner aborts it. */
export const SDK_TIMEOUT_MS = 900_000;
