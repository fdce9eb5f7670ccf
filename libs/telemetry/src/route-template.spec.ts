import { routeTemplate } from './route-template';

it('is what the router matched', () => {
  expect(routeTemplate({ route: { path: '/api/v1/tasks/:id' } })).toBe('/api/v1/tasks/:id');
});

it.each([[undefined], [{}], [{ path: '' }], [{ path: '/' }], [{ path: '/{*path}' }], [{ path: /x/ }]])('is none for %p', (route) => {
  expect(routeTemplate({ route })).toBeNull();
});
