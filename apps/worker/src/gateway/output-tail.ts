/** The end of an output: an agent's last words stand there. */
export class OutputTail {
  bytes = 0;
  private chunks: Buffer[] = [];
  private kept = 0;

  constructor(
    private readonly limit: number,
    private readonly onMore: () => void,
  ) {}

  get isCut(): boolean {
    return this.bytes > this.limit;
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.kept += chunk.length;
    this.chunks.push(chunk);
    if (this.kept > 2 * this.limit) this.shorten();
    this.onMore();
  }

  text(): string {
    this.shorten();
    return Buffer.concat(this.chunks).toString('utf8');
  }

  private shorten(): void {
    const all = Buffer.concat(this.chunks);
    const rest = Buffer.from(all.subarray(Math.max(0, all.length - this.limit)));
    this.chunks = [rest];
    this.kept = rest.length;
  }
}
