/** The template of the route that Express found for a request, such as `/api/v1/tasks/:id`; null where none took it. As many values as there are routes, never one per path. */
export function routeTemplate(request: object): string | null {
  const path = (request as { readonly route?: { readonly path?: unknown } }).route?.path;
  return typeof path === 'string' && path.length > 1 && !path.includes('*') ? path : null;
}
