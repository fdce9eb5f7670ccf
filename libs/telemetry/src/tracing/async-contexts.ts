import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

type Work = (...all: unknown[]) => unknown;
type Listen = (event: string | symbol, listener: Work) => unknown;

const LISTENS = ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const;

/** Which span is active, through promises and callbacks. */
export class AsyncContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<All extends unknown[], Run extends (...all: All) => ReturnType<Run>>(context: Context, run: Run, self?: ThisParameterType<Run>, ...all: All): ReturnType<Run> {
    return this.storage.run(context, () => run.call(self as never, ...all));
  }

  bind<Target>(context: Context, target: Target): Target {
    if (target instanceof EventEmitter) return this.bindEmitter(context, target) as Target;
    return typeof target === 'function' ? (this.bindWork(context, target as unknown as Work) as unknown as Target) : target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }

  private bindWork(context: Context, work: Work): Work {
    const { storage } = this;
    return function bound(this: unknown, ...all: unknown[]): unknown {
      return storage.run(context, () => work.apply(this, all));
    };
  }

  /** Its listeners run where the emitter was bound, not where it happens to emit. */
  private bindEmitter(context: Context, emitter: EventEmitter): EventEmitter {
    const bound = new WeakMap<Work, Work>();
    const wrap = (listener: Work): Work => {
      const known = bound.get(listener) ?? this.bindWork(context, listener);
      bound.set(listener, known);
      return known;
    };
    for (const name of LISTENS) {
      const listen = emitter[name].bind(emitter) as Listen;
      emitter[name] = ((event: string | symbol, listener: Work) => listen(event, wrap(listener))) as never;
    }
    for (const name of ['off', 'removeListener'] as const) {
      const forget = emitter[name].bind(emitter) as Listen;
      emitter[name] = ((event: string | symbol, listener: Work) => forget(event, bound.get(listener) ?? listener)) as never;
    }
    return emitter;
  }
}
