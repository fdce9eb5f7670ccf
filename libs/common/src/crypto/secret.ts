import { inspect } from 'node:util';

/** A text that cannot be printed, logged or serialised by accident; read it with `use`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Hands the value to `fn` and returns what that returns. */
  use<T>(fn: (value: string) => T): T {
    return fn(this.#value);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
