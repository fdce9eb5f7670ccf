import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, metricsRegistry } from '@app/telemetry';
import { parse } from 'yaml';

const root = join(__dirname, '../..');
const folder = join(root, 'deploy/observability');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const alerts = (parse(read('deploy/observability/alerts.yaml')) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
const boards = readdirSync(join(folder, 'dashboards')).map((file) => JSON.parse(readFileSync(join(folder, 'dashboards', file), 'utf8')) as { uid: string; title: string; panels: Panel[] });
const panels = boards.flatMap((board) => board.panels.filter(({ type }) => type !== 'row'));
const definitions = Object.values(METRICS);

/** Node's own metrics carry names that others know. */
const NAME = /\b(?:async_coder|process|nodejs)_[a-z0-9_]+\b/g;

/** What a query names and the registry does not have: metrics, and labels of ours. */
function unknownIn(expr: string): string[] {
  const unknown = (expr.match(NAME) ?? []).filter((name) => known(name) === undefined);
  const labels = [...expr.matchAll(/\b(async_coder_[a-z0-9_]+)\{([^}]*)\}/g)].flatMap(([, name = '', selector = '']) => unknownLabels(name, selector));
  return [...unknown, ...labels];
}

/** The scraper adds `job`. */
function unknownLabels(name: string, selector: string): string[] {
  const definition = definitions.find((one) => one.name === known(name));
  const labels: readonly string[] = ['job', ...(definition?.labels ?? [])];
  return [...selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label).filter((label) => !labels.includes(label)).map((label) => `${name}{${label}}`);
}

let names: Set<string>;
function known(name: string): string | undefined {
  if (names.has(name)) return name;
  const base = name.replace(/_(bucket|count|sum)$/, '');
  return base !== name && definitions.some((definition) => definition.name === base && definition.kind === 'histogram') ? base : undefined;
}

beforeAll(() => {
  metricsRegistry.watchProcess();
  names = new Set(metricsRegistry.names());
});

it('the check sees a metric or label that does not exist', () => {
  expect(unknownIn('rate(async_coder_nothing_total[5m])')).toEqual(['async_coder_nothing_total']);
  expect(unknownIn('async_coder_queue_depth{queue="attempt",shade="red"}')).toEqual(['async_coder_queue_depth{shade}']);
  expect(unknownIn('async_coder_queue_depth_bucket')).toEqual(['async_coder_queue_depth_bucket']);
  expect(unknownIn('rate(async_coder_http_request_duration_seconds_bucket{status="5xx"}[5m])')).toEqual([]);
});

describe('dashboards', () => {
  it('are those of API, worker and money, and ask for what there is', () => {
    expect(boards.map(({ uid }) => uid).sort()).toEqual(['async-coder-api', 'async-coder-money', 'async-coder-worker']);
    expect(panels.length).toBeGreaterThan(30);
    expect(panels.flatMap(({ title, targets = [] }) => targets.flatMap(({ expr }) => unknownIn(expr).map((name) => `${title}: ${name}`)))).toEqual([]);
  });

  it('say of each panel what it shows', () => {
    expect(panels.filter(({ description = '', targets = [] }) => description === '' || targets.length === 0).map(({ title }) => title)).toEqual([]);
  });
});

describe('alerts', () => {
  const runbook = read('docs/runbook.md');

  it('ask for what there is, and say how much it matters', () => {
    expect(alerts.length).toBeGreaterThan(15);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(alerts.flatMap(({ alert, expr }) => unknownIn(expr).map((name) => `${alert}: ${name}`))).toEqual([]);
    expect(alerts.filter(({ labels, annotations }) => !['page', 'ticket'].includes(labels.severity) || !annotations.summary || !annotations.description)).toEqual([]);
  });

  it('stand in the runbook, each with what it means, how to look and what to do, and no others do', () => {
    const sections = new Map(runbook.split(/^## /m).slice(1).map((section) => [section.split('\n', 1)[0]?.trim() ?? '', section]));
    expect(alerts.map(({ alert }) => alert).filter((name) => !sections.has(name))).toEqual([]);
    const explained = [...sections.keys()].filter((name) => /^[A-Z][a-z]+[A-Z]/.test(name));
    expect(explained.filter((name) => !alerts.some(({ alert }) => alert === name))).toEqual([]);
    for (const { alert, annotations } of alerts) {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      for (const part of ['**Means.**', '**Look.**', '**Do.**']) expect([alert, part, sections.get(alert)?.includes(part)]).toEqual([alert, part, true]);
    }
  });
});

describe('docs/observability.md', () => {
  const page = read('docs/observability.md');

  it('lists every metric with kind, labels and help, and no other', () => {
    const rows = definitions.map(({ name, kind, labels, help }) => `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`);
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
    const listed = [...page.matchAll(/^\| `(async_coder_[a-z0-9_]+)`/gm)].map(([, name]) => name);
    expect(listed.filter((name) => !names.has(name!))).toEqual([]);
  });

  it('points at files that exist', () => {
    for (const [, path = ''] of page.matchAll(/\]\((\.\.\/deploy\/[^)#]+)\)/g)) expect([path, existsSync(join(root, 'docs', path))]).toEqual([path, true]);
  });
});
