import { parseEgressHost, type EgressHost } from '@app/common';

const WEB_PORTS = [80, 443];

/** The hosts that one sandbox may reach. */
export class AllowedHosts {
  private readonly entries: readonly EgressHost[];

  /** Entries that are none are left out: the list is only ever shorter than what was written. */
  constructor(texts: readonly string[]) {
    this.entries = texts.map(parseEgressHost).filter((entry) => entry !== null);
  }

  /** Whether the name, in small letters and without a closing dot, may be reached at that port. */
  allows(host: string, port: number): boolean {
    return this.entries.some((entry) => {
      const isNamed = entry.isWildcard ? host.endsWith(`.${entry.name}`) : host === entry.name;
      return isNamed && (entry.port === null ? WEB_PORTS.includes(port) : entry.port === port);
    });
  }
}
