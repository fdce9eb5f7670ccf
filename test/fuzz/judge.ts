import type { Contract, Endpoint, Received } from '../support/contract';
import type { Sent } from './client';
import type { Plan } from './plan';

/** What no problem may tell about the machinery. */
const MACHINERY = /\n\s+at |node_modules|\bat [\w.<>]+ \(|QueryFailed|TypeORM|duplicate key value|violates (?:foreign|check|not-null|unique)|syntax error at or near|relation "|column "\w+" |invalid input syntax|postgres|Cannot read propert|is not a function|undefined \(reading|\/dist\/|\/apps\/api\/|\/libs\/\w+\/src|ECONN[A-Z]+|node\/?v?\d+\.\d+|express\b|NestJS/i;

/** What is wrong with an answer; empty when nothing is. */
export function judge(contract: Contract, plan: Plan, { sent, received }: { sent: Sent; received: Received }): string[] {
  const endpoint = contract.endpoint(plan.endpoint);
  const isRouters = [404, 405].includes(received.status) && plan.isStray;
  return [...serverFaults(contract, endpoint, received), ...(plan.isStray || isRouters ? strayFaults(contract, received, plan) : contract.faults(endpoint, received, plan.method)), ...tellingFaults(received, sent), ...acceptedFaults(plan, received)];
}

/** 5xx: only one that is described and whose cause is a partner that is not there. */
function serverFaults(contract: Contract, endpoint: Endpoint, { status, text }: Received): string[] {
  if (status < 500) return [];
  const described = Object.keys(contract.answer(endpoint, status)?.content?.['application/problem+json']?.examples ?? {});
  const code = /"code":"(\w+)"/.exec(text)?.[1] ?? '';
  const isPartner = ['integration_not_configured', 'github_error', 'github_rate_limited', 'provider_timeout'].includes(code) && described.includes(code);
  return isPartner ? [] : [`status ${status} ${code}`];
}

/** Another method or path: whatever it met, it is a problem or a plain answer without a body. */
function strayFaults(contract: Contract, received: Received, plan: Plan): string[] {
  if (received.status < 400 || plan.method === 'HEAD') return [];
  return contract.strayFaults(received);
}

function tellingFaults({ status, text }: Received, sent: Sent): string[] {
  if (status < 400) return [];
  const found = MACHINERY.exec(text)?.[0];
  if (found === undefined) return [];
  // What the caller sent may come back.
  const echo = `${decode(sent.target)}\n${sent.body?.toString('utf8') ?? ''}\n${Object.values(sent.headers).join('\n')}`;
  return echo.toLowerCase().includes(found.toLowerCase()) ? [] : [`the problem tells about the machinery: ${JSON.stringify(found)}`];
}

function acceptedFaults(plan: Plan, { status }: Received): string[] {
  return plan.mustFail && !plan.isStray && status < 400 ? [`${status} though the body is not what the document allows`] : [];
}

function decode(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
