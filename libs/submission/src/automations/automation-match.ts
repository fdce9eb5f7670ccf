import type { AutomationFilter, AutomationRow, PullRequestMoment } from '@app/domain';

/** What an event has that rules look at. */
export interface MatchedEvent {
  /** Login of whoever caused it; that they may is checked elsewhere. */
  readonly author: string | null;
  readonly branch: string | null;
  readonly labels: readonly string[];
  /** The label that was put on, for `issue_label`. */
  readonly label?: string;
  readonly moment?: PullRequestMoment;
}

const USUAL_MOMENTS: readonly PullRequestMoment[] = ['opened', 'ready_for_review'];

/** Whether an automation wants an event, its paths aside: those cost a call to know. */
export function wantsEvent({ kind, trigger, filter }: Pick<AutomationRow, 'kind' | 'trigger' | 'filter'>, event: MatchedEvent): boolean {
  if (kind === 'issue_label' && !same(trigger.label ?? '', event.label ?? '')) return false;
  if (kind === 'pull_request' && !(trigger.moments ?? USUAL_MOMENTS).some((moment) => moment === event.moment)) return false;
  return lets(filter.authors, (author) => event.author !== null && same(author, event.author)) && lets(filter.branches, (glob) => event.branch !== null && matchesGlob(glob, event.branch)) && lets(filter.labels, (label) => event.labels.some((one) => same(one, label)));
}

/** Whether one of the changed files is one that the filter names. */
export function wantsPaths({ paths }: AutomationFilter, changed: readonly string[]): boolean {
  return lets(paths, (glob) => changed.some((path) => matchesGlob(glob, path)));
}

/** `*` stands for anything but a slash, `**` for anything. In time that grows with both lengths, whatever the pattern. */
export function matchesGlob(glob: string, text: string): boolean {
  const tokens = glob.match(/\*\*\/?|\*|[^*]/gs) ?? [];
  let reached = new Set([0]);
  for (const token of tokens) {
    const next = new Set<number>();
    for (const at of reached) step(token, text, at, next);
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(text.length);
}

function step(token: string, text: string, at: number, next: Set<number>): void {
  if (!token.startsWith('*')) {
    if (text[at] === token) next.add(at + 1);
    return;
  }
  if (token === '**/') {
    // Whole folders, or none.
    next.add(at);
    for (let end = at; end < text.length; end++) if (text[end] === '/') next.add(end + 1);
    return;
  }
  for (let end = at; end <= text.length; end++) {
    next.add(end);
    if (token === '*' && text[end] === '/') return;
  }
}

function lets(list: readonly string[] | undefined, isIn: (item: string) => boolean): boolean {
  return list === undefined || list.length === 0 || list.some(isIn);
}

/** Logins and labels of GitHub differ by more than case. */
function same(one: string, other: string): boolean {
  return one !== '' && one.toLowerCase() === other.toLowerCase();
}
