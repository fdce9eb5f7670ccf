import type { OpenAPIObject } from '@nestjs/swagger';

type Answer = { $ref?: string; headers?: object; content?: Record<string, { examples?: object }> };

/** Error answers that several operations have alike are written once, under components; otherwise they would be most of the document. */
export function shareResponses(document: OpenAPIObject): OpenAPIObject {
  const shared = new Map<string, Answer>();
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item as Record<string, { responses: Record<string, Answer> }>));
  for (const { responses } of operations) {
    for (const [status, answer] of Object.entries(responses)) {
      const name = nameOf(status, answer);
      if (name === null) continue;
      if (!shared.has(name)) shared.set(name, answer);
      responses[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  const sorted = [...shared].sort(([a], [b]) => (a < b ? -1 : 1));
  Object.assign((document.components ??= {}), { responses: Object.fromEntries(sorted) });
  return document;
}

/** The status and its codes; probes and pages have no rate limits, which their headers show. Null: not only problems. */
function nameOf(status: string, { content = {}, headers = {} }: Answer): string | null {
  const codes = Object.keys(content['application/problem+json']?.examples ?? {});
  if (codes.length === 0 || Object.keys(content).length > 1) return null;
  return [status, ...codes, ...('RateLimit' in headers ? [] : ['unlimited'])].join('.');
}
