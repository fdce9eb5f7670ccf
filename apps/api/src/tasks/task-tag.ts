import type { TaskDetailsText, TaskSummary, TaskVersion } from '@app/domain';
import { versionTag } from '../http/etag';

/** A task's ETag: it changes with anything that is shown of it. */
export function taskTag(task: Pick<TaskSummary, 'rowVersion' | 'lastEventSeq'> | Pick<TaskDetailsText, 'rowVersion' | 'lastEventSeq'>): string {
  return versionTag(task.rowVersion, task.lastEventSeq);
}

/** The same, as a store compares it. */
export function taskVersion(task: Pick<TaskSummary, 'rowVersion' | 'lastEventSeq'>): TaskVersion {
  return { rowVersion: task.rowVersion, lastEventSeq: Number(task.lastEventSeq) };
}
