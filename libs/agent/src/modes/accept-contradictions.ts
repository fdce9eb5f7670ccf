import { citationsIn, type Citation } from '../delivery/citations';
import type { Contradiction } from '../delivery/contradictions';
import type { Submission } from '../journal';
import type { Tree } from '../workspace';
import { citationFaults } from './accept-answer';
import { NOT_VERIFIED, notDelivered, type AcceptContext, type Acceptance } from './mode';
import { whyChanged } from './unchanged';

const MAX_REFUSALS = 3;
const MAX_SHOWN = 10;
/** Signs that begin or end a line of a comment, a quote or a list: no part of what it says. */
const LINE_MARKS = /^\s*(?:\/\/+!?|\/?\*+\/?|#+|--+|;+|>+)?\s*|\s*\*+\/\s*$/g;

/** The gate in front of every examination of documents: the tree is as it was, each quoted statement stands where it is said to, and each place in the code exists at the base. */
export async function acceptContradictions(submission: Submission, context: AcceptContext): Promise<Acceptance> {
  const changed = await whyChanged(context.workspace);
  if (changed !== null) return notDelivered(changed);
  const faults = await contradictionFaults(submission, context.workspace.base);
  if (faults.length === 0) return { accepted: true, outcome: { kind: 'submitted', submission: { ...submission, noChangesReason: null }, verification: NOT_VERIFIED } };
  const shown = `${faults.slice(0, MAX_SHOWN).join('; ')}${faults.length > MAX_SHOWN ? `; and ${faults.length - MAX_SHOWN} more` : ''}`;
  if (context.refusals('contradictions') >= MAX_REFUSALS) return notDelivered(`What was found cannot be relied on: ${shown}.`);
  return { accepted: false, code: 'contradictions', reason: `${shown}. Look again with read or grep, quote the documents word by word, and submit again.` };
}

/** What is wrong with what an examination found; empty: nothing. Where nothing was found, the summary has to say where it was looked. */
export async function contradictionFaults({ contradictions, summary }: Submission, base: Tree): Promise<string[]> {
  if (!contradictions) return ['there is no list "contradictions" (empty where every statement is true)'];
  if (contradictions.length === 0) return (await citationFaults(summary, base)).map((fault) => `summary: ${fault}`);
  const faults: string[] = [];
  for (const [n, contradiction] of contradictions.entries()) faults.push(...(await faultsOf(contradiction, base)).map((fault) => `contradiction ${n + 1}: ${fault}`));
  return faults;
}

async function faultsOf({ statement, documentedAt, codeAt }: Contradiction, base: Tree): Promise<string[]> {
  const [document, code] = [onlyPlace(documentedAt), onlyPlace(codeAt)];
  if (document === null || code === null) return [`"${document === null ? documentedAt : codeAt}" is not one place as path:line`];
  const missing = await citationFaults(`${document.text} ${code.text}`, base);
  if (missing.length > 0) return missing;
  if (overlap(document, code)) return [`${document.text}: a statement cannot be contradicted by its own lines`];
  const { lines } = await base.read(document.path, document.fromLine, document.toLine - document.fromLine + 1);
  const quoted = plain(statement);
  return quoted !== '' && plain(lines.join('\n')).includes(quoted) ? [] : [`${document.text} does not say "${statement.slice(0, 200)}"`];
}

function onlyPlace(text: string): Citation | null {
  const [place = null, ...others] = citationsIn(text);
  return others.length === 0 && place?.text === text.trim() ? place : null;
}

function overlap(one: Citation, other: Citation): boolean {
  return one.path === other.path && one.fromLine <= other.toLine && other.fromLine <= one.toLine;
}

/** Words as they follow each other, wherever lines end. */
function plain(text: string): string {
  return text.split('\n').map((line) => line.replace(LINE_MARKS, '')).join(' ').replace(/\s+/g, ' ').trim();
}
