import { randomBytes } from 'node:crypto';
import { ApiClient } from '../support/api-client';
import type { ChaosHouse } from './chaos-house';

/** Somebody of the first person's organization. */
export interface Colleague {
  readonly accessToken: string;
  readonly organizationId: string;
}

/** As many members more of Ada's organization: one person may only open ten streams. */
export async function inviteColleagues(house: ChaosHouse, count: number): Promise<Colleague[]> {
  const { organizationId } = house.state.users[0]!;
  const nobody = new ApiClient(house.state.apiUrl);
  const colleagues: Colleague[] = [];
  for (let n = 0; n < count; n += 1) {
    const { status, body } = await nobody.post<{ accessToken: string; user: { id: string } }>('/auth/register', { email: `c-${randomBytes(4).toString('hex')}@example.com`, password: randomBytes(18).toString('base64url') });
    expect(status).toBe(201);
    await house.database.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, [organizationId, body.user.id]);
    colleagues.push({ accessToken: body.accessToken, organizationId });
  }
  return colleagues;
}
