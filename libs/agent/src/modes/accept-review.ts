import type { Submission } from '../journal';
import { NOT_VERIFIED, notDelivered, type AcceptContext, type Acceptance } from './mode';
import { whyChanged } from './unchanged';

/** The gate in front of every review: the tree is as it was. Each remark was held against the diff when it was recorded. */
export async function acceptReview(submission: Submission, { workspace }: AcceptContext): Promise<Acceptance> {
  const changed = await whyChanged(workspace);
  if (changed !== null) return notDelivered(changed);
  return { accepted: true, outcome: { kind: 'submitted', submission: { ...submission, noChangesReason: null }, verification: NOT_VERIFIED } };
}
