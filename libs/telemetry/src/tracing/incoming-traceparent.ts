import { type Context, type TextMapGetter, type TextMapPropagator, trace } from '@opentelemetry/api';
import { parseTraceparent } from './trace-context';

/** Takes up a caller's trace. Nothing is told onwards: vendors and customers' servers have no part in our traces, and our processes find theirs in rows. */
export class IncomingTraceparent implements TextMapPropagator {
  inject(): void {
    // See above.
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const given = getter.get(carrier, 'traceparent');
    const parent = parseTraceparent(Array.isArray(given) ? given[0] : given);
    return parent === null ? context : trace.setSpanContext(context, { traceId: parent.traceId, spanId: parent.spanId, traceFlags: parent.flags & 1, isRemote: true });
  }

  fields(): string[] {
    return ['traceparent'];
  }
}
