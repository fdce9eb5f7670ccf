import { newId } from '@app/common';
import { aGitRepo } from '@app/domain/testing';
import type { Response } from 'supertest';
import { Contract, type OpenApi } from '../../../../test/support/contract';
import { TestApi, type SignedIn } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let contract: Contract;

beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
});
afterAll(() => api.close());

/** Holds an answer to what the document says about the route. */
function expectValid(method: string, path: string, { status, text, headers }: Response): void {
  const faults = contract.faults(contract.endpoint(`${method.toUpperCase()} ${path}`), { status, text, headers: headers });
  expect({ path, status, faults }).toEqual({ path, status, faults: [] });
}

it('describes every route of tasks', () => {
  const routes = Object.entries(contract.document.paths).flatMap(([path, item]) => (path.startsWith('/api/v1/tasks') ? Object.keys(item).map((method) => `${method} ${path.slice('/api/v1'.length)}`) : []));
  expect(routes.sort()).toEqual(
    [
      'get /tasks', 'post /tasks', 'get /tasks/{id}', 'put /tasks/{id}', 'patch /tasks/{id}', 'delete /tasks/{id}', 'post /tasks/{id}/cancel', 'post /tasks/{id}/retry', 'post /tasks/{id}/publish',
      'get /tasks/{id}/events', 'post /tasks/{id}/events/ticket', 'get /tasks/{id}/logs', 'get /tasks/{id}/results', 'get /tasks/{id}/results/{resultId}', 'get /tasks/{id}/results/{resultId}/content', 'get /tasks/{id}/diff',
      'get /tasks/{id}/usage', 'get /tasks/{id}/findings', 'get /tasks/{id}/attempts', 'get /tasks/{id}/attempts/{number}', 'get /tasks/{id}/messages', 'post /tasks/{id}/messages', 'post /tasks/{id}/pause', 'post /tasks/{id}/resume',
      'get /tasks/{id}/plan', 'post /tasks/{id}/plan/approve', 'post /tasks/{id}/plan/reject', 'post /tasks/{id}/fork', 'get /tasks/{id}/candidates', 'get /tasks/{id}/export',
      'post /tasks/archive', 'post /tasks/{id}/archive', 'post /tasks/{id}/unarchive',
    ].sort(),
  );
  expect(contract.document.paths['/api/v1/tasks/{id}/events']?.['get']?.responses).toMatchObject({ 200: { content: { 'text/event-stream': expect.anything() as unknown } }, 204: {} });
});

it('answers as the document says', async () => {
  const repo = await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId });
  const made = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'x', repositoryId: repo.id, maxCredits: 3, tags: ['a'], metadata: { a: 'b' } });
  expectValid('post', '/api/v1/tasks', made);
  const self = `/api/v1/tasks/${(made.body as { id: string }).id}`;
  expectValid('post', '/api/v1/tasks', await api.send('post', '/api/v1/tasks', ada).send({ repositoryId: newId() }));
  expectValid('delete', '/api/v1/tasks/{id}', await api.send('delete', self, ada));
  expectValid('post', '/api/v1/tasks/{id}/retry', await api.send('post', `${self}/retry`, ada).send({}));
  expectValid('post', '/api/v1/tasks/{id}/messages', await api.send('post', `${self}/messages`, ada).send({ content: 'Hello' }));
  for (const verb of ['pause', 'pause', 'resume', 'resume']) expectValid('post', `/api/v1/tasks/{id}/${verb}`, await api.send('post', `${self}/${verb}`, ada).send({}));
  await api.database.dataSource.query(
    `INSERT INTO task_results (id, task_id, result_type, content, media_type, size_bytes) VALUES ($1, $2, 'patch', 'diff --git a/a b/a', 'text/x-patch', 18)`,
    [newId(), self.split('/').at(-1)],
  );
  for (const tail of ['', '/events', '/logs', '/results', '/usage', '/attempts', '/messages', '/findings']) {
    expectValid('get', `/api/v1/tasks/{id}${tail}`, await api.send('get', self + tail, ada));
  }
  expectValid('get', '/api/v1/tasks/{id}/attempts/{number}', await api.send('get', `${self}/attempts/1`, ada));
  expectValid('get', '/api/v1/tasks/{id}/diff', await api.send('get', `${self}/diff?format=json`, ada));
  expectValid('get', '/api/v1/tasks', await api.send('get', '/api/v1/tasks', ada));
});
