import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { AsInteger, AsList } from './setting';

/** The worker process. */
export class WorkerConfig {
  /** Address of the worker's probe server. */
  @IsString()
  WORKER_HOST = '127.0.0.1';

  /** Port of the worker's probe server; 0 takes a free one and logs it. */
  @IsInt() @Min(0) @Max(65_535) @AsInteger()
  WORKER_PORT = 3001;

  /** Tasks this process runs at once. */
  @IsInt() @Min(1) @Max(100) @AsInteger()
  WORKER_CONCURRENCY = 4;

  /** Webhooks this process sends at once. */
  @IsInt() @Min(1) @Max(500) @AsInteger()
  WEBHOOK_CONCURRENCY = 50;

  /** Queues this process serves, comma-separated; empty: all. */
  @IsString({ each: true }) @AsList()
  SERVE_QUEUES: string[] = [];

  /** Folder for mirrors and workspaces. */
  @IsString()
  WORKER_DATA_DIR = '/var/tmp/async-coder';

  /** Milliseconds from SIGTERM until running work is aborted and handed over; the process ends at most ten seconds later. */
  @IsInt() @Min(0) @Max(85_000) @AsInteger()
  HANDOVER_MS = 15_000;

  /** Memory of one sandbox in MiB. */
  @IsInt() @Min(128) @Max(65_536) @AsInteger()
  SANDBOX_MEMORY_MB = 2_048;

  /** Disk of one workspace in MiB. */
  @IsInt() @Min(64) @Max(102_400) @AsInteger()
  SANDBOX_DISK_MB = 4_096;

  /** Processes in one sandbox. */
  @IsInt() @Min(32) @Max(4_096) @AsInteger()
  SANDBOX_PROCESSES = 256;

  /** Folder of an npm that sandboxes get where the system has none outside of home folders; unset: the one that came with the Node in use. */
  @IsOptional() @IsString()
  SANDBOX_NPM?: string;

  /** Program of Aider; not set: it is looked for on the PATH and in .tools/aider/bin. */
  @IsOptional() @IsString()
  AIDER_PATH?: string;

  /** Folders that command-line agents are looked for in, separated by colons. */
  @IsString()
  PATH = '/usr/local/bin:/usr/bin:/bin';

  /** Whole months that log lines of tasks are kept, unless a plan promises longer. */
  @IsInt() @Min(1) @Max(1_200) @AsInteger()
  TASK_LOG_RETENTION_MONTHS = 6;

  /** Whole months that events are kept, counted from when their task was made; 0: for ever. Of a task that has not ended they are always kept. */
  @IsInt() @Min(0) @Max(1_200) @AsInteger()
  TASK_EVENT_RETENTION_MONTHS = 13;

  /** Name of a step at which the process kills itself; for tests, refused in production. */
  @IsOptional() @IsString()
  CRASH_AT?: string;
}
