import type { Submission } from '../journal';
import { citationsIn, type Citation } from '../delivery/citations';
import { checkPath } from '../tools/path-rules';
import { WorkspaceError, type Tree } from '../workspace';
import { NOT_VERIFIED, notDelivered, type AcceptContext, type Acceptance } from './mode';
import { whyChanged } from './unchanged';

const MAX_REFUSALS = 2;
const MAX_SHOWN = 10;

/** The gate in front of every answer: the tree is as it was, and every place that the answer points at exists at the base. */
export async function acceptAnswer(submission: Submission, context: AcceptContext): Promise<Acceptance> {
  const changed = await whyChanged(context.workspace);
  if (changed !== null) return notDelivered(changed);
  const answer = submission.answer ?? submission.summary;
  const faults = await citationFaults(answer, context.workspace.base);
  if (faults.length === 0) return { accepted: true, outcome: { kind: 'submitted', submission: { ...submission, answer, noChangesReason: null }, verification: NOT_VERIFIED } };
  if (context.refusals('citations') >= MAX_REFUSALS) return notDelivered(`The answer points at places that do not exist: ${faults.slice(0, MAX_SHOWN).join('; ')}.`);
  const reason = `${faults.slice(0, MAX_SHOWN).join('; ')}. Look again with read or grep, and submit an answer whose citations (path:line) are true.`;
  return { accepted: false, code: 'citations', reason };
}

/** What is wrong with an answer's citations; empty: nothing. An empty repository needs none. */
export async function citationFaults(answer: string, base: Tree): Promise<string[]> {
  const citations = citationsIn(answer);
  if (citations.length === 0) return (await base.list('')).length === 0 ? [] : ['the answer cites no place in the repository as path:line'];
  const lines = new Map<string, number | string>();
  for (const { path } of citations) if (!lines.has(path)) lines.set(path, await linesOf(path, base));
  return citations.flatMap((citation) => faultOf(citation, lines.get(citation.path) ?? 0));
}

function faultOf(citation: Citation, lines: number | string): string[] {
  if (typeof lines === 'string') return [`${citation.text}: ${lines}`];
  if (citation.fromLine < 1 || citation.toLine < citation.fromLine) return [`${citation.text}: these are no lines`];
  return citation.toLine > lines ? [`${citation.text}: the file has ${lines} lines`] : [];
}

async function linesOf(path: string, base: Tree): Promise<number | string> {
  const place = checkPath(path);
  if (!place.ok || place.path.startsWith('/')) return 'there is no such file';
  try {
    return (await base.read(path, 1, 1)).totalLines;
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return error.code === 'binary' ? 'a binary file has no lines' : 'there is no such file';
  }
}
