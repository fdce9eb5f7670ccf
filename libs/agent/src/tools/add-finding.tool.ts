import { checkFinding, CONFIDENCES, FINDING_CATEGORIES, SEVERITIES, type Confidence, type FindingCategory, type Severity } from '../review/finding';
import type { DiffSide } from '../review/review-diff';
import { defineTool, failure } from './tool';

interface FindingArguments {
  readonly file: string;
  readonly line: number;
  readonly startLine?: number;
  readonly side?: DiffSide;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly category: FindingCategory;
  readonly title: string;
  readonly body: string;
  readonly suggestion?: string;
  readonly preExisting?: boolean;
}

const MAX_FINDINGS = 50;
const MAX_LINE = 10_000_000;

export const addFindingTool = defineTool<FindingArguments>({
  name: 'add_finding',
  description: 'Record one remark of the review, on lines that are in the diff. It is checked at once; one on the same lines and of the same category replaces the earlier one.',
  parameters: {
    type: 'object',
    properties: {
      file: { type: 'string', description: 'Path as the diff names it.', minLength: 1, maxLength: 4_096 },
      line: { type: 'integer', description: 'The line, or the last one of a range, as the diff numbers it.', minimum: 1, maximum: MAX_LINE },
      startLine: { type: 'integer', description: 'First line of a range within one part of the diff.', minimum: 1, maximum: MAX_LINE },
      side: { type: 'string', description: 'RIGHT: new lines (usual). LEFT: deleted lines, with their old numbers.', enum: ['RIGHT', 'LEFT'] },
      severity: { type: 'string', description: 'What it costs if it is true.', enum: SEVERITIES },
      confidence: { type: 'string', description: 'How sure you are after looking.', enum: CONFIDENCES },
      category: { type: 'string', description: 'What kind of remark it is.', enum: FINDING_CATEGORIES },
      title: { type: 'string', description: 'The remark in one sentence.', minLength: 1, maxLength: 120 },
      body: { type: 'string', description: 'What happens and why, with evidence, in Markdown.', minLength: 1, maxLength: 8_000 },
      suggestion: { type: 'string', description: 'Lines that take the place of the flagged ones, exactly; at most 4.', maxLength: 2_000 },
      preExisting: { type: 'boolean', description: 'The change did not bring it in.' },
    },
    required: ['file', 'line', 'severity', 'confidence', 'category', 'title', 'body'],
    additionalProperties: false,
  },
  // It changes no file, but calls keep their order.
  readOnly: false,

  async run({ file, line, startLine, side = 'RIGHT', suggestion, preExisting = false, ...said }, { review }) {
    if (!review) return failure('There is nothing to review here.');
    const draft = { ...said, file: file.replace(/^\.\//, ''), side, startLine: startLine ?? null, endLine: line, suggestion: suggestion ?? null, preExisting };
    const checked = checkFinding(draft, review.diff);
    if (!checked.ok) return failure(`Refused: ${checked.reason}.`);
    if ((await review.ledger.count()) >= MAX_FINDINGS) return failure(`There are ${MAX_FINDINGS} remarks already: submit, and say in the summary what else you saw.`);
    const { isNew } = await review.ledger.record(checked.finding);
    return { text: `${isNew ? 'Recorded' : 'Replaced the earlier remark on these lines'}${checked.note === null ? '' : `; ${checked.note}`}.` };
  },
});
