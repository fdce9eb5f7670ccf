/** An answer as it was, with GitHub's tag of it. */
export interface KeptAnswer {
  readonly etag: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: ArrayBuffer;
}

const LARGEST_BYTES = 512 * 1024;
const ALL_BYTES = 16 * 1024 * 1024;

/** Answers that GitHub is asked about again by their tag, which costs none of our rate when they still hold. The least used go first. */
export class AnswerCache {
  private readonly answers = new Map<string, KeptAnswer>();
  private bytes = 0;

  find(key: string): KeptAnswer | undefined {
    const found = this.answers.get(key);
    if (!found) return undefined;
    this.answers.delete(key);
    this.answers.set(key, found);
    return found;
  }

  keep(key: string, answer: KeptAnswer): void {
    this.drop(key);
    if (answer.body.byteLength > LARGEST_BYTES) return;
    this.answers.set(key, answer);
    this.bytes += answer.body.byteLength;
    for (const oldest of this.answers.keys()) {
      if (this.bytes <= ALL_BYTES) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.bytes -= this.answers.get(key)?.body.byteLength ?? 0;
    this.answers.delete(key);
  }
}
