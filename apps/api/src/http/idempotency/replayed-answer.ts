import type { KeyedAnswer } from '@app/domain';

/** Takes a stored answer past the handler to the filter, which sends its bytes as they are. */
export class ReplayedAnswer extends Error {
  constructor(readonly answer: KeyedAnswer) {
    super('replayed answer');
  }
}
