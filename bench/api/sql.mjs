// What the arms without TypeORM send to PostgreSQL: the API's own statements, so that they cannot drift apart.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const view = require('./dist/libs/domain/src/tasks/task-view.js');

export const STANDING = `SELECT s.revoked_at IS NULL AND s.expires_at > now() AS "isAlive", u.status AS "userStatus", u.role AS "platformRole", u.token_version AS "tokenVersion",
              o.id AS "organizationId", CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
         FROM user_sessions s JOIN users u ON u.id = s.user_id
         LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = coalesce($3::uuid, u.default_organization_id)
         LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
        WHERE s.id = $1 AND s.user_id = $2`;

export const READ = `${view.SELECT_TASK_VIEW} WHERE t.id = $2 AND t.organization_id = $1`;
export const LIST = `${view.SELECT_TASK_SUMMARY.replace('SELECT', 'SELECT t.created_at::text AS page_sort,')} WHERE t.archived_at IS NULL AND t.organization_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2`;
