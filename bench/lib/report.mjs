import { summary } from './pairs.mjs';

export function show(value) {
  if (value === undefined || value === null) return '';
  const size = Math.abs(value);
  return size >= 1_000 ? Math.round(value).toLocaleString('en') : size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(3);
}

const sign = ({ direction }) => (direction === 'down' ? '≤ ' : '');

/** A group's figures in Markdown. */
export function groupText(name, figures, goals) {
  const { date, command, load, seconds, same, tables, held, pressure } = figures;
  const equal = Object.entries(same).map(([what, values]) => {
    const { median, low, high } = summary(values);
    return `${what} ${show(median)} (${show(low)}-${show(high)})`;
  });
  return [
    ...(figures.error ? ['', `**Broken off**: ${figures.error.split('\n')[0].slice(0, 400)}`] : []),
    '', `\`${command}\`, ${date.replace('T', ' ')} UTC, ${seconds} s, load ${load.join(' ')}${pressure ? `, CPU pressure ${pressure} %` : ''}`, '',
    `Equal things apart: ${equal.length > 0 ? equal.join(', ') : 'not measured'}.${held.length > 0 ? ` Held in the same run: ${held.join('; ')}.` : ''}`, '',
    '| goal | what | median | 90 % interval | pairs | gate | target | stretch | verdict |', '|---|---|---|---|---|---|---|---|---|',
    ...figures.verdicts.map((verdict) => goalLine(verdict, goals.find(({ id }) => id === verdict.id))),
    ...Object.entries(tables).flatMap(([title, rows]) => tableText(title, rows)), '',
  ].join('\n');
}

function goalLine({ word, why, at, range, pairs, reached }, goal) {
  const beyond = word === 'PASS' && reached && reached !== 'gate' ? `, ${reached} reached` : '';
  return `| ${goal.id} | ${goal.metric} | ${show(at)} | ${range ? range.map(show).join('-') : ''} | ${pairs ?? ''} | ${sign(goal)}${goal.gate} | ${sign(goal)}${goal.target} | ${goal.stretch === undefined ? '' : sign(goal) + goal.stretch} | **${word}**${beyond}${why ? `: ${why}` : ''} |`;
}

function tableText(title, rows) {
  const columns = Object.keys(rows[0]);
  return ['', `*${title}*`, '', `| ${columns.join(' | ')} |`, `|${columns.map(() => '---|').join('')}`, ...rows.map((row) => `| ${columns.map((column) => (typeof row[column] === 'number' ? show(row[column]) : (row[column] ?? ''))).join(' | ')} |`)];
}
