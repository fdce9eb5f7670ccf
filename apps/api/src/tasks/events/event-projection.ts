import { sseEventName, type SseEventName, type StoredTaskEvent, type TaskEventData, type TaskEventType } from '@app/domain';

/** A row as readers see it: its public name, and its own fields. */
export interface PublicEvent {
  readonly name: SseEventName;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Rows that are shown as `log`: what a person reads when the row has no text of its own. */
const SENTENCES: { readonly [Type in TaskEventType]?: (data: TaskEventData[Type]) => string } = {
  'model.requested': ({ model, callSeq }) => `Asking ${model} (call ${callSeq})`,
  checkpoint: ({ step }) => `Saved step ${step}`,
  verify: ({ phase, status }) => `Checks ${phase === 'base' ? 'before the work' : 'of the work'}: ${status}`,
  'effect.intended': ({ kind, name }) => `About to do: ${kind} ${name}`,
  'effect.done': ({ kind, outcome }) => `Done: ${kind} (${outcome})`,
};

/** The public half of a row. What is private was never read. */
export function projectEvent(event: StoredTaskEvent): PublicEvent {
  const name = sseEventName(event);
  const data = event.data as Readonly<Record<string, unknown>>;
  if (name === 'log') return { name, data: logData(event.type, data) };
  if (name === 'pull_request') {
    const { number = null, url = null, status = null, headSha = null } = data;
    return { name, data: { number, url, status, headSha } };
  }
  return { name, data };
}

/** `kind` is the row's type; an effect's own kind moves to `effect`. */
function logData(type: TaskEventType, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { kind, text, ...rest } = data;
  const sentence = SENTENCES[type] as ((data: unknown) => string) | undefined;
  const own = kind === undefined ? {} : type === 'model.failed' ? { error: kind } : { effect: kind };
  return { kind: type, text: typeof text === 'string' ? text : (sentence?.(data) ?? type), ...own, ...rest };
}
