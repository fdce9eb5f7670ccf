import { ok, type Exchange, type Reply } from '../http/exchange';
import { parseJson } from '../http/json';
import { notFound, Refusal } from '../http/refusal';
import type { Route } from '../http/router';
import type { Delivery } from '../webhooks';

const DEFAULT_SIZE = 30;
const LARGEST_SIZE = 100;

export const deliveryRoutes: readonly Route[] = [
  { method: 'GET', path: '/app/hook/deliveries', auth: 'app', handle: listDeliveries },
  { method: 'GET', path: '/app/hook/deliveries/{delivery_id}', auth: 'app', handle: getDelivery },
  { method: 'POST', path: '/app/hook/deliveries/{delivery_id}/attempts', auth: 'app', handle: redeliver },
];

/** Newest first, by cursor: new deliveries do not move the pages that follow. */
function listDeliveries({ state, url }: Exchange): Reply {
  const size = Math.min(LARGEST_SIZE, Number(url.searchParams.get('per_page')) || DEFAULT_SIZE);
  const cursor = url.searchParams.get('cursor');
  const from = cursor === null ? Infinity : Number(/^v1_(\d+)$/.exec(cursor)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new Refusal(422, 'Validation Failed');
  const older = [...state.webhooks.deliveries].reverse().filter(({ id }) => id < from);
  const items = older.slice(0, size);
  const last = items.at(-1);
  const next = new URL(url.pathname + url.search, state.url);
  next.searchParams.set('cursor', `v1_${last?.id ?? 0}`);
  return ok(items.map(shape), last && older.length > size ? { link: `<${next.href}>; rel="next"` } : {});
}

function getDelivery(exchange: Exchange): Reply {
  const delivery = find(exchange);
  return ok({ ...shape(delivery), url: delivery.url, request: { headers: null, payload: parseJson(delivery.text) }, response: { headers: null, payload: null } });
}

function redeliver(exchange: Exchange): Reply {
  exchange.state.webhooks.redeliver(find(exchange));
  return { status: 202, body: {} };
}

function find({ state, params }: Exchange): Delivery {
  const delivery = state.webhooks.deliveries.find(({ id }) => String(id) === params.delivery_id);
  if (!delivery) throw notFound();
  return delivery;
}

function shape({ id, guid, event, action, deliveredAt, redelivery, durationMs, status, statusCode, installationId, repositoryId }: Delivery): Record<string, unknown> {
  return { id, guid, delivered_at: deliveredAt, redelivery, duration: durationMs / 1000, status, status_code: statusCode, event, action, installation_id: installationId, repository_id: repositoryId };
}
