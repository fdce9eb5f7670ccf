/** Every tag that a text of ours stands in. */
const TAGS = ['environment', 'repository-advice', 'repository-map', 'repository-settings-advice', 'approved-plan', 'pull-request', 'earlier-remarks', 'diff', 'task'] as const;
const ANY_TAG = new RegExp(`<(/?)(${TAGS.join('|')})\\b`, 'gi');

export type BlockTag = (typeof TAGS)[number];

/** A text between tags that say whose it is; it cannot close the block that it stands in, nor open another. */
export function block(tag: BlockTag, text: string): string {
  return `<${tag}>\n${text.replace(ANY_TAG, '&lt;$1$2')}\n</${tag}>`;
}
