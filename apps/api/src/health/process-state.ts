import { Injectable } from '@nestjs/common';

/** Where this process is in its life; probes read it. */
@Injectable()
export class ProcessState {
  private started = false;
  private draining = false;

  get isStarted(): boolean {
    return this.started;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  markStarted(): void {
    this.started = true;
  }

  markDraining(): void {
    this.draining = true;
  }
}
