import type { ExecutionContext } from '@nestjs/common';

/** By handler, class and key. A handler may belong to several classes, as routes can be inherited. */
const facts = new WeakMap<object, WeakMap<object, Map<string, unknown>>>();

/**
 * What a decorator says of the route, on its handler before its class; undefined: nothing. Looked up once: decorators have run before the first request,
 * and each look at metadata walks two chains of prototypes, which a request would do for every guard.
 */
export function routeFact<Fact>(context: ExecutionContext, key: string): Fact | undefined {
  const [handler, controller] = [context.getHandler(), context.getClass()];
  const known = factsOf(handler, controller);
  if (!known.has(key)) known.set(key, (Reflect.getMetadata(key, handler) as Fact | undefined) ?? (Reflect.getMetadata(key, controller) as Fact | undefined));
  return known.get(key) as Fact | undefined;
}

function factsOf(handler: object, controller: object): Map<string, unknown> {
  const byClass = facts.get(handler) ?? new WeakMap<object, Map<string, unknown>>();
  const known = byClass.get(controller) ?? new Map<string, unknown>();
  if (known.size === 0) facts.set(handler, byClass.set(controller, known));
  return known;
}
