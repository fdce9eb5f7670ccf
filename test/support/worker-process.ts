import { AppProcess } from './app-process';
import type { RunningQuickstart } from './quickstart';

/** One more worker of a house, which nobody starts again when it dies. */
export type WorkerProcess = AppProcess;

export const WorkerProcess = {
  start: (house: RunningQuickstart, settings: Readonly<Record<string, string>> = {}): Promise<AppProcess> => AppProcess.launch('worker', house, settings),
};
