import type { AppConfig } from '@app/common';

/** Where people see GitHub: github.com for api.github.com, and the host itself for an Enterprise server's https://host/api/v3. */
export function webUrl({ github }: Pick<AppConfig, 'github'>): string {
  const url = new URL(github.GITHUB_API_URL);
  if (url.pathname.replace(/\/$/, '').endsWith('/api/v3')) return `${url.origin}${url.pathname.replace(/\/api\/v3\/?$/, '')}`;
  return `${url.protocol}//${url.host.replace(/^api\./, '')}`;
}
