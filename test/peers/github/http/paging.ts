import type { Exchange } from './exchange';

const DEFAULT_SIZE = 30;
const LARGEST_SIZE = 100;

/** One page of a list with GitHub's `Link` header. */
export function page<T>({ url, state }: Exchange, items: readonly T[]): { items: readonly T[]; headers: Record<string, string> } {
  const size = Math.min(LARGEST_SIZE, positive(url.searchParams.get('per_page'), DEFAULT_SIZE));
  const number = positive(url.searchParams.get('page'), 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const to = (target: number, rel: string): string => {
    const link = new URL(url.pathname + url.search, state.url);
    link.searchParams.set('page', String(target));
    return `<${link.href}>; rel="${rel}"`;
  };
  const links = [...(number > 1 ? [to(Math.min(number - 1, last), 'prev')] : []), ...(number < last ? [to(number + 1, 'next'), to(last, 'last')] : []), ...(number > 1 ? [to(1, 'first')] : [])];
  return { items: items.slice((number - 1) * size, number * size), headers: links.length > 0 ? { link: links.join(', ') } : {} };
}

function positive(text: string | null, otherwise: number): number {
  const value = Number(text);
  return text !== null && Number.isInteger(value) && value > 0 ? value : otherwise;
}
