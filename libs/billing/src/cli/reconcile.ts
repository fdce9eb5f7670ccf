import { command } from '@app/domain';
import { RECONCILED, reconcileNow } from '../reconcile';

const USAGE = 'npm run reconcile [-- --clearing-hours <hours>]';

/** `npm run reconcile`: explains every credit, or says what it cannot explain and exits with 1. */
void command(async (source) => {
  const unexplained = await reconcileNow(source.manager, { clearingHours: clearingHours(process.argv.slice(2)) });
  const lines = unexplained.map(({ rule, subject, expected, found }) => `${rule}: ${subject}: expected ${expected}, found ${found}`);
  if (lines.length > 0) throw new Error([...lines, `Unexplained: ${lines.length}`].join('\n'));
  return [...RECONCILED.map((rule) => `ok  ${rule}`), 'Unexplained: 0'].join('\n');
});

function clearingHours([name, value, ...rest]: string[]): number | undefined {
  if (name === undefined) return undefined;
  if (name !== '--clearing-hours' || !/^\d{1,4}$/.test(value ?? '') || rest.length > 0) throw new Error(`Usage: ${USAGE}`);
  return Number(value);
}
