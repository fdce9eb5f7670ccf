import type { CallPart } from '../message';

export type ParsedArguments = Pick<CallPart, 'args' | 'argsError'>;

const NO_OBJECT = 'The arguments must be a JSON object.';

/** The arguments of a call as the model wrote them. What is not a JSON object stays text and names its fault. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === '') return { args: {} };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { args: value } : { args: text, argsError: NO_OBJECT };
  } catch (error) {
    return { args: text, argsError: `The arguments are not valid JSON: ${(error as Error).message}` };
  }
}

/** The arguments of a call where they travel as an object. */
export function objectArguments(args: unknown = {}): ParsedArguments {
  return isObject(args) ? { args } : { args: JSON.stringify(args), argsError: NO_OBJECT };
}

/** The arguments to send back. Vendors take objects only, so a broken text is wrapped in one. */
export function wireArguments(call: CallPart): Record<string, unknown> {
  return isObject(call.args) ? call.args : { unreadable: call.args };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
