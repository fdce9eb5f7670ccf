import { AppError, declareError } from '@app/common';

export const WEBHOOK_ENDPOINT_DUPLICATE = declareError('webhook_endpoint_duplicate', 409, 'There is an endpoint with this address already');
export const WEBHOOK_ENDPOINT_DISABLED = declareError('webhook_endpoint_disabled', 409, 'This endpoint is disabled');
export const PLAN_LIMIT_WEBHOOK_ENDPOINTS = declareError('plan_limit_webhook_endpoints', 429, 'No more webhook endpoints are allowed');

export function tooManyEndpoints(limit: number): AppError {
  return new AppError(PLAN_LIMIT_WEBHOOK_ENDPOINTS, `An organization may have ${limit} webhook endpoints; delete one to add another.`, { members: { limit } });
}

export function endpointDisabled(): AppError {
  return new AppError(WEBHOOK_ENDPOINT_DISABLED, 'Nothing is sent to a disabled endpoint; enable it first: PATCH it with status "active".');
}
