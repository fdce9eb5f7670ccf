import type { AllowedHosts } from './allowed-hosts';
import { Meter, type ByteBudget } from './byte-budget';
import { EgressRefusal, type EgressNetwork } from './egress-connect';
import type { EgressLog, EgressVerdict } from './egress-log';

const BUDGET_SPENT = 'is not reached any more: the network budget of this set-up is spent';

/** What all requests of one sandbox share. */
export interface Reach {
  readonly hosts: AllowedHosts;
  readonly network: EgressNetwork;
  readonly budget: ByteBudget;
  readonly log: EgressLog;
}

/** One request of a sandbox for one host, from its refusal or admission to its line in the log. */
export class Visit {
  readonly out: Meter;
  readonly in: Meter;
  private ended = false;

  constructor(
    readonly reach: Reach,
    /** Empty when what was asked for is no host name. */
    readonly host: string,
    readonly port: number,
  ) {
    this.out = new Meter(reach.budget);
    this.in = new Meter(reach.budget);
  }

  /** Why it is not let through, following the host's name; null: it is. */
  get refusal(): string | null {
    if (this.host === '') return 'is no host name that can be asked for';
    if (!this.reach.hosts.allows(this.host, this.port)) return 'is not on the list of allowed hosts';
    return this.reach.budget.isSpent ? BUDGET_SPENT : null;
  }

  /** Writes how it went wrong, and returns whether that was a refusal. How a connection breaks off once bytes flowed is the package manager's affair. */
  fail(error: Error): boolean {
    const isRefused = error instanceof EgressRefusal;
    if (this.reach.budget.isSpent) this.end('refused', BUDGET_SPENT);
    else if (this.in.bytes > 0) this.end('allowed', null);
    else this.end(isRefused ? 'refused' : 'failed', error.message);
    return isRefused;
  }

  /** Writes the line of the log; what is said after the first end does not count. */
  end(verdict: EgressVerdict, reason: string | null): void {
    if (this.ended) return;
    this.ended = true;
    const { host, port, out, in: received } = this;
    this.reach.log.add({ host: host === '' ? '(no host name)' : host, port, verdict, reason, bytesOut: out.bytes, bytesIn: received.bytes });
  }
}

/** A refusal in words, for whoever reads a package manager's output. */
export function refusalText({ host, port }: Visit, reason: string): string {
  return `Async Coder: ${host === '' ? 'this address' : `${host}:${port}`} ${reason}. Allowed hosts are in the repository's settings (allowedHosts).`;
}
