/** Every entity, one per table. Listed by hand: a forgotten one is seen in review. */
export const entities = [] as const;
