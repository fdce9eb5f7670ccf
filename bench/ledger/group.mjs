// How many debits a second the ledger makes on one account and on many, beside three designs without a conditional statement, on the same tables in the same run.
import pg from 'pg';
import { Services } from '../lib/services.mjs';
import { median } from '../lib/stats.mjs';
import { measureIdle, measureLedger } from './measure.mjs';

export async function run({ plan, record, say }) {
  const services = await Services.open({ redis: false });
  const pool = new pg.Pool({ connectionString: services.databaseUrl, max: 64 });
  services.onClose(() => pool.end());
  try {
    const slices = await measureLedger({ pool, rounds: plan.pairs, seconds: plan.seconds });
    const of = (where, arm) => slices.filter((one) => one.where === where && one.arm === arm).map((one) => one);
    const [ours, locked] = ['ours', 'for update'].map((arm) => of('one account', arm));
    record.sample('PB1b', ...ours.map((one, n) => one.perSecond / locked[n].perSecond));
    record.again('FOR UPDATE ÷ FOR UPDATE', ...of('one account', 'again').map((one, n) => one.perSecond / locked[n].perSecond));
    record.skip(['PB1', 'PB2'], 'they count from the day on which waiting moves are joined; until then PB1b does');
    record.sample('PB3', ...(await measureIdle({ pool, rounds: plan.pairs, calls: plan.smoke ? 20 : 200 })));
    for (const where of [...new Set(slices.map((one) => one.where))]) for (const arm of [...new Set(slices.map((one) => one.arm))].filter((name) => name !== 'again' && of(where, name).length > 0)) {
      const at = (field) => median(of(where, arm).map((one) => one[field]));
      record.row('Debits, 64 in flight', { where, design: arm, 'a second': at('perSecond'), 'p50 ms': at('p50'), 'p99 ms': at('p99'), 'tries lost per debit': at('lostShare'), 'accounts that do not add up': Math.max(...of(where, arm).map(({ wrong }) => wrong)) });
    }
    record.holds('after each slice every account of ours is what its rows say');
    say(`debits on one account: ours ${median(ours.map((one) => one.perSecond)).toFixed(0)}/s, FOR UPDATE ${median(locked.map((one) => one.perSecond)).toFixed(0)}/s`);
  } finally {
    await services.close();
  }
}
