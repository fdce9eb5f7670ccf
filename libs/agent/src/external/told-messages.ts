import type { JournalEntry, UserMessage } from '../journal';
import { isRecord } from '../tools/argument-schema';

/**
 * Texts of the user that no recorded turn of the agent was told. A call of the model marks a message as delivered, but only the program's message brings
 * it: so each turn's record says what was in it.
 */
export function untoldMessages(entries: readonly JournalEntry[], slug: string): UserMessage[] {
  const told = new Set(entries.flatMap((entry) => (entry.type === 'step' ? entry.results.filter(({ name }) => name === slug).flatMap(({ args }) => toldBy(args)) : [])));
  return entries.flatMap((entry) => (entry.type === 'message' && !told.has(entry.message.id) ? [entry.message] : []));
}

/** What a turn's record keeps. */
export function toldIn(ids: readonly string[]): { readonly told: readonly string[] } {
  return { told: ids };
}

function toldBy(args: unknown): string[] {
  const told = isRecord(args) ? args['told'] : undefined;
  return Array.isArray(told) ? told.filter((id): id is string => typeof id === 'string') : [];
}
