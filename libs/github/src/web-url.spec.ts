import type { AppConfig } from '@app/common';
import { webUrl } from './web-url';

it.each([
  ['https://api.github.com', 'https://github.com'],
  ['https://git.example.com/api/v3', 'https://git.example.com'],
  ['https://example.com/forge/api/v3', 'https://example.com/forge'],
  ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
  ['http://127.0.0.1:4000/api/v3', 'http://127.0.0.1:4000'],
])('%s is seen at %s', (api, web) => {
  expect(webUrl({ github: { GITHUB_API_URL: api } } as AppConfig)).toBe(web);
});
