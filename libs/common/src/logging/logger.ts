import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { logContext } from './context';
import { redact } from './redact';

export type LogFields = Readonly<Record<string, unknown>>;

/** Several lines in one write: a write for each costs a busy process as much as the line. What is left goes out after a moment, and when the process exits. */
const GATHERED_BYTES = 4_096;
const FLUSH_MS = 100;
/** Of a reader that stalls; what comes beyond is lost, rather than the process. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

function toOutput(): DestinationStream {
  return pino.destination({ sync: false, minLength: GATHERED_BYTES, maxLength: MOST_WAITING_BYTES, periodicFlush: FLUSH_MS });
}

/** JSON lines with the ids in force and without credentials. One per process; `named` gives a part its own name. */
export class Logger {
  private constructor(private readonly pino: PinoLogger) {}

  static create(level: string, process: string, destination?: DestinationStream): Logger {
    const options = {
      level,
      base: { process },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      mixin: () => ({ ...logContext() }),
      hooks: { streamWrite: (line: string) => redact(line) },
      redact: { paths: ['authorization', '*.authorization', 'headers.cookie', 'password', '*.password'], censor: '[redacted]' },
    };
    return new Logger(pino(options, destination ?? toOutput()));
  }

  named(part: string): Logger {
    return new Logger(this.pino.child({ part }));
  }

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  /** Errors go under `err`: name, message, stack and cause are written. */
  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }
}
