import { Contract, type OpenApi } from '../support/contract';
import { FuzzClient } from './client';
import { Fuzzer, type FuzzReport } from './fuzzer';
import type { FuzzHouse } from './house';
import { People } from './people';

const WORKERS = 16;

/** Fuzzes a running house; the report ends with what is wrong. */
export async function runFuzz(house: FuzzHouse, { requests, seed, progress }: { requests: number; seed: number; progress?: (done: number) => void }): Promise<FuzzReport> {
  const contract = new Contract((await (await fetch(`${house.url}/openapi.json`)).json()) as OpenApi);
  const client = new FuzzClient(house.url, WORKERS * 2);
  try {
    return await new Fuzzer({ url: house.url, contract, people: new People(client, house.databaseUrl), client, requests, seed, workers: WORKERS, progress }).run();
  } finally {
    client.close();
  }
}

/** The report as a person reads it. */
export function printed(report: FuzzReport): string {
  const statuses = Object.entries(report.byStatus).map(([status, count]) => `${status}: ${count}`).join('  ');
  const findings = report.findings.map(({ endpoint, kind, fault, command, answer, times }) => `\n✗ ${endpoint} (${kind}, ${times} times): ${fault}\n  ${command}\n  answered ${answer}`);
  return [
    `seed ${report.seed}: ${report.requests} requests in ${report.seconds.toFixed(1)} s (${Math.round(report.requests / report.seconds)}/s), ${report.followUps} follow-ups, ${report.replaced} senders replaced`,
    statuses,
    ...(report.neverGood.length > 0 ? [`no good answer in this run: ${report.neverGood.join(', ')}`] : []),
    ...findings,
    `${report.findings.length} findings`,
  ].join('\n');
}
