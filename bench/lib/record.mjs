/** What a group of benches found out. A goal has samples, or a reason why it has none. */
export class Record {
  samples = {};
  skipped = {};
  same = {};
  tables = {};
  held = [];
  /** Goals whose own part broke off, and why. */
  failed = {};
  error = null;

  /** One pair's ratio (or a plain value, where the goal is one). */
  sample(goal, ...values) {
    (this.samples[goal] ??= []).push(...values.map((value) => Number(value.toPrecision(6))));
  }

  skip(goals, reason) {
    for (const goal of [goals].flat()) this.skipped[goal] = reason;
  }

  /** Ratios of two equal arms: how far apart equal things come out in this run. */
  again(what, ...values) {
    (this.same[what] ??= []).push(...values.map((value) => Number(value.toPrecision(6))));
  }

  /** A part of a group: when it breaks off, its goals have failed and the others go on. */
  async part(goals, say, measure) {
    try {
      await measure();
    } catch (error) {
      say(`${goals.join(', ')}: ${error.stack}`);
      for (const goal of goals) this.failed[goal] = error.message.split('\n')[0].slice(0, 200);
    }
  }

  /** A line of absolute values beside the ratios. */
  row(table, row) {
    (this.tables[table] ??= []).push(row);
  }

  /** An invariant that was looked at in this run and held. One that does not hold throws. */
  holds(invariant) {
    this.held.push(invariant);
  }
}
