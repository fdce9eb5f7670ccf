import { attentionSection, safeMarkdown, verificationTable, type LeftOutFile, type ProtectedFile, type Submission, type Verification } from '@app/agent';

export interface ReportInput {
  readonly submission: Submission;
  readonly verification: Verification;
  readonly leftOut: readonly LeftOutFile[];
  /** Files that run code, or decide what runs. */
  readonly flagged: readonly ProtectedFile[];
  readonly model: string;
  /** Name of the recorded stand-in that took the model's place. */
  readonly standIn: string | null;
}

/** What was done, how it was checked and what was left out, as Markdown; kept with the task whatever becomes of the push. */
export function taskReport({ submission, verification, leftOut, flagged, model, standIn }: ReportInput): string {
  const sections: (readonly [string, string])[] = [
    ['Summary', safeMarkdown(submission.summary)],
    ['Diagnosis', safeMarkdown(submission.diagnosis ?? '')],
    ['Verification', [verification.note ?? '', verificationTable(verification)].filter((text) => text !== '').join('\n\n')],
    ['Tested by the agent', safeMarkdown(submission.testing)],
    ['Limits and risks', safeMarkdown(submission.risks)],
    ['Left out', leftOut.map(({ path, reason }) => `- \`${path.replace(/`/g, "'")}\`: ${reason}`).join('\n')],
  ];
  const shown = sections.filter(([, text]) => text.trim() !== '').map(([title, text]) => `## ${title}\n\n${text.trim()}`);
  const by = standIn === null ? `Done with ${model}.` : `Done with a recorded stand-in (${standIn}) in place of a live model.`;
  if (flagged.length > 0) shown.push(attentionSection(flagged));
  return `# ${submission.title.replace(/\s+/g, ' ').trim()}\n\n${shown.join('\n\n')}\n\n${by}\n`;
}
