import { TASK_TIMES, type TaskDetailsText, type TaskText } from '@app/domain';
import { DEFAULT_OPTIONS } from './dto/task.response';

/** A task's answer from the text that PostgreSQL made of it: what `TaskResponse.from` gives, without a value being parsed. */
export function taskJson(task: TaskDetailsText): string {
  return `${head(task)},"options":${options(task.options)}}`;
}

/** One of a list: what `TaskSummaryResponse.from` gives. */
export function taskSummaryJsonText(task: TaskText): string {
  return `${head(task)}}`;
}

function head(task: TaskText): string {
  const self = `/api/v1/tasks/${task.id}`;
  const links = `"links":{"self":"${self}","events":"${self}/events","logs":"${self}/logs","results":"${self}/results"}`;
  let times = '';
  for (let index = 0; index < TASK_TIMES.length; index += 1) times += `,"${TASK_TIMES[index]}":${timeJson(task.times[index] ?? null)}`;
  return `{"id":"${task.id}",${task.members}${times},${links}`;
}

/** "2026-11-23 13:15:57.1234+00", as PostgreSQL prints a time in UTC, as RFC 3339 with milliseconds. */
export function timeJson(text: string | null): string {
  if (text === null) return 'null';
  const milliseconds = text.charAt(19) === '.' ? text.slice(20, text.length - 3).slice(0, 3).padEnd(3, '0') : '000';
  return `"${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z"`;
}

function options(given: string): string {
  return JSON.stringify({ ...DEFAULT_OPTIONS, ...(JSON.parse(given) as object) });
}
