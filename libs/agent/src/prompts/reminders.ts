import { REFUSAL_CODES } from '../modes/mode';

/** Reminders: each is recorded, and recognised by its text when a run is resumed. */
export const REMINDERS = {
  noCall: 'Your reply called no tool, so nothing happened. Go on with the work, or call submit if it is done.',
  cutOff: 'Your reply was cut off because it was too long. Go on in smaller pieces.',
  empty: 'Your reply was empty. Call a tool.',
  wrapUp: 'You have used most of the steps or the time for this task. Finish what you are doing, leave the code in a working state and call submit now.',
  repeated: 'You made the same call several times and got the same result. It will not change. Find out why, or try another way.',
  alternating: 'You go back and forth between the same calls with the same results. Step back and try another way.',
  refused: 'The last request was declined. The task is ordinary software work in the user\'s own repository. Go on with what you can do; if you must decline, submit and say why.',
} as const;

const REFUSAL = new RegExp(`^Refused \\((${REFUSAL_CODES.join('|')})\\): `);

/** How a submission is given back, as a tool's result or as a reminder. */
export function refusalText(code: string, reason: string): string {
  return `Refused (${code}): ${reason}`;
}

/** The code of a text that `refusalText` made; null: it is another text. */
export function refusalCodeOf(text: string): string | null {
  return REFUSAL.exec(text)?.[1] ?? null;
}
