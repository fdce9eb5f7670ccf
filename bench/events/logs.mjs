// Four ways to keep log lines in the real table.
import pg from 'pg';
import { inFlight } from '../lib/pairs.mjs';
import { rival } from '../lib/rivals.mjs';

const COLUMNS = '(task_id, seq, level, source, message)';
const MESSAGE = 'PASS src/retry.spec.ts (waits longer after each answer of 503) 12 ms';
const BATCH = 100;
const COPIED = 1_000;

export async function logArms({ services, product, skip }) {
  const { rows } = await services.admin.query('SELECT id FROM tasks ORDER BY id LIMIT 4');
  const [ours, copied, byRow, saved] = rows.map(({ id }) => id);
  const next = { copied: 0, byRow: 0, saved: 0 };
  const pool = new pg.Pool({ connectionString: services.databaseUrl, max: 8 });
  services.onClose(() => pool.end());
  const line = { level: 'info', source: 'tool', stream: 'stdout', message: MESSAGE };
  const arms = {
    ours: async (count) => {
      for (let done = 0; done < count; done += BATCH) await product.log(ours, Array.from({ length: Math.min(BATCH, count - done) }, () => line));
    },
    'prepared, row by row': (count) =>
      inFlight(count, 8, () => pool.query({ name: 'row', text: `INSERT INTO task_logs ${COLUMNS} VALUES ($1, $2, $3, $4, $5)`, values: [byRow, (next.byRow += 1), 'info', 'tool', MESSAGE] })),
    'TypeORM save': async (count) => {
      const repository = product.dataSource.getRepository(product.TaskLog);
      for (let n = 0; n < count; n += 1) await repository.save(repository.create({ taskId: saved, seq: String((next.saved += 1)), level: 'info', source: 'tool', message: MESSAGE }));
    },
  };
  const streams = await rival('pg-copy-streams', (why) => skip('PE1', why));
  if (streams) {
    arms.COPY = async (count) => {
      const client = await pool.connect();
      try {
        for (let done = 0; done < count; done += COPIED) {
          const text = Array.from({ length: Math.min(COPIED, count - done) }, () => `${copied}\t${(next.copied += 1)}\tinfo\ttool\t${MESSAGE}\n`).join('');
          await new Promise((resolve, reject) => {
            const stream = client.query((streams.from ?? streams.default.from)(`COPY task_logs ${COLUMNS} FROM STDIN`));
            stream.once('error', reject).once('finish', resolve).end(text);
          });
        }
      } finally {
        client.release();
      }
    };
  }
  return arms;
}
