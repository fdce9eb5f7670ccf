import { Clock } from '@app/common';
import { createClerkClient, type ClerkClient } from '@clerk/backend';
import { isClerkAPIResponseError } from '@clerk/backend/errors';
import { Injectable } from '@nestjs/common';
import { personFromClerk, type VouchedPerson } from '@app/accounts';
import { ClerkSettings } from './clerk-settings';
import { clerkUnavailable } from './clerk.errors';

const TIMEOUT_MS = 5_000;
/** An answer is good for so long: a page that calls us ten times at once asks Clerk once. */
const REMEMBERED_MS = 5_000;
const MOST_REMEMBERED = 1_000;

interface Asked {
  readonly at: number;
  readonly person: Promise<VouchedPerson | null>;
}

/** Asks Clerk who somebody is: once in the life of an account, at first sight. */
@Injectable()
export class ClerkPeople {
  private madeClient: ClerkClient | undefined;
  private readonly asked = new Map<string, Asked>();

  constructor(
    private readonly settings: ClerkSettings,
    private readonly clock: Clock,
  ) {}

  /** Null: Clerk knows no such person. @throws {AppError} not_ready */
  async find(clerkId: string): Promise<VouchedPerson | null> {
    const now = this.clock.monotonicMs();
    const known = this.asked.get(clerkId);
    if (known && now - known.at < REMEMBERED_MS) return known.person;
    const person = this.ask(clerkId);
    this.asked.delete(clerkId);
    this.asked.set(clerkId, { at: now, person });
    // The oldest go first: a Map keeps the order in which keys were set.
    if (this.asked.size > MOST_REMEMBERED) this.asked.delete(this.asked.keys().next().value ?? '');
    return person;
  }

  /** Made at the first question: a deployment without Clerk does not load its SDK. */
  private client(): ClerkClient {
    const { secretKey, publishableKey, apiUrl } = this.settings;
    return (this.madeClient ??= createClerkClient({ secretKey: secretKey?.use((key) => key), publishableKey, apiUrl, telemetry: { disabled: true } }));
  }

  private async ask(clerkId: string): Promise<VouchedPerson | null> {
    try {
      const user = await inTime(this.client().users.getUser(clerkId));
      const person = personFromClerk(user.raw);
      // An answer that is not Clerk's comes as an object without anything in it.
      if (person?.clerkId !== clerkId) throw new Error('the answer is no user of Clerk');
      return person;
    } catch (error) {
      if (isClerkAPIResponseError(error) && error.status === 404) return null;
      throw clerkUnavailable(error);
    }
  }
}

/** The SDK sets no deadline. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
