// Times and limits of sending webhooks. Seconds are counted by the database's clock.

/** Endpoints of one organization, callbacks of tasks apart. */
export const MOST_ENDPOINTS = 10;

/** A try ends after 10 s; a worker that has not said how it went by then has died, and another one may try. */
export const DELIVERY_LEASE_SECONDS = 30;

/** Tries under way at one endpoint, over all workers. */
export const MOST_IN_FLIGHT = 4;

/** Waits before the tries after the first; used up, the delivery is dead. */
export const RETRY_WAITS_SECONDS = [5, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400] as const;

/** Deliveries that died one after the other until their endpoint is disabled. */
export const DEAD_IN_A_ROW = 30;

/** How long two secrets sign unless the caller says otherwise. */
export const SECRET_OVERLAP_SECONDS = 86_400;

/** A delivery that nobody took for so long has lost its job. */
export const DELIVERY_STUCK_SECONDS = 5;

/** Deliveries and their bodies are kept so long. */
export const DELIVERY_KEPT_DAYS = 30;

/** A busy endpoint's last success is written down once in so many seconds: each write is a new version of its row. */
export const LAST_SUCCESS_EVERY_SECONDS = 60;
