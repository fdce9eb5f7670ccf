import { citationsIn } from './citations';
import { safeMarkdown } from './safe-markdown';

/** A statement of the documentation that the code contradicts. Places are `path:line` or `path:from-to` at the base. */
export interface Contradiction {
  /** As it stands there, word by word. */
  readonly statement: string;
  readonly documentedAt: string;
  readonly codeAt: string;
  /** What is true instead. */
  readonly reason: string;
}

/** Documents that were held against the code. */
interface Examination {
  readonly title: string;
  readonly summary: string;
  readonly contradictions?: readonly Contradiction[] | null;
}

const MOST_SHOWN = 200;

/** What an examination of documents found, as it is kept and shown. */
export function composeContradictions({ title, summary, contradictions }: Examination, at: { readonly repository: string; readonly sha: string }): string {
  const found = contradictions ?? [];
  const list = found.length === 0 ? 'None was found.' : found.slice(0, MOST_SHOWN).map(paragraphs).join('\n\n');
  return [
    `# ${safeMarkdown(title).replace(/\s+/g, ' ').trim()}`, safeMarkdown(summary).trim(), `## Statements that the code contradicts (${found.length})`, list,
    `---\nLines are those of ${at.repository} at ${at.sha}.`,
  ].join('\n\n') + '\n';
}

function paragraphs({ statement, documentedAt, codeAt, reason }: Contradiction, n: number): string {
  const quoted = safeMarkdown(statement).trim().split('\n').map((line) => `> ${line}`).join('\n');
  return [`### ${n + 1}. ${place(documentedAt)}`, quoted, `${safeMarkdown(reason).trim()}`, `The code: ${place(codeAt)}`].join('\n\n');
}

/** Only the place: what stands around it is not shown as one. */
function place(text: string): string {
  return `\`${citationsIn(text)[0]?.text ?? ''}\``;
}
