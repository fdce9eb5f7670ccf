import { hash, verify } from '@node-rs/argon2';

// OWASP's argon2id minimum: 19 MiB, two passes, one lane; 12 ms a check.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** An argon2id PHC string of the password. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** Whether the password belongs to the PHC string. */
export function verifyPassword(phc: string, password: string): Promise<boolean> {
  return verify(phc, password);
}

/** A valid PHC string of nobody's password: checking against it takes as long as a real check. */
export const NOBODYS_PASSWORD_HASH = hashPassword('nobody has this password: ' + Math.random().toString(36));
