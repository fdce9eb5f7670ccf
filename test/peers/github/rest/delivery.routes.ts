import { ok, type Exchange, type Reply } from '../http/exchange';
import { parseJson } from '../http/json';
import { page } from '../http/paging';
import { notFound } from '../http/refusal';
import type { Route } from '../http/router';
import type { Delivery } from '../webhooks';

export const deliveryRoutes: readonly Route[] = [
  { method: 'GET', path: '/app/hook/deliveries', auth: 'app', handle: listDeliveries },
  { method: 'GET', path: '/app/hook/deliveries/{delivery_id}', auth: 'app', handle: getDelivery },
  { method: 'POST', path: '/app/hook/deliveries/{delivery_id}/attempts', auth: 'app', handle: redeliver },
];

function listDeliveries(exchange: Exchange): Reply {
  const { items, headers } = page(exchange, [...exchange.state.webhooks.deliveries].reverse());
  return ok(items.map(shape), headers);
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
