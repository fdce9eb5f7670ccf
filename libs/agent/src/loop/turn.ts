import type { ModelMessage } from '@app/providers';

/** A message of the conversation, and the journal entry that it comes from. */
export interface Turn {
  readonly seq: number;
  readonly message: ModelMessage;
  /** Written by the user: never summarised away. */
  readonly fromUser: boolean;
}
