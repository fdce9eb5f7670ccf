import { aMember } from '@app/domain/testing';
import type { OrganizationRole } from '../../auth/principal';
import { type SignedIn, TestApi } from '../../testing/test-api';

export interface Answer {
  readonly id: string;
  readonly code: string;
  readonly [field: string]: unknown;
}

export interface AuditRow {
  readonly action: string;
  readonly actorId: string;
  readonly targetId: string;
  readonly changes: unknown;
}

/** Teams and people for tests, over the whole API. Plans limit no members unless a test sets it. */
export class TeamHouse {
  private constructor(readonly api: TestApi) {}

  static async open(): Promise<TeamHouse> {
    const api = await TestApi.start();
    await api.database.dataSource.query('UPDATE subscription_plans SET max_members = NULL');
    return new TeamHouse(api);
  }

  /** A team of a new owner. */
  async team(owner?: SignedIn): Promise<{ id: string; path: string; owner: SignedIn }> {
    const who = owner ?? (await this.api.signUp());
    const answer = await this.api.send('post', '/api/v1/organizations', who).send({ name: 'Acme' });
    if (answer.status !== 201) throw new Error(`POST /organizations answered ${answer.status}: ${answer.text}`);
    const { id } = answer.body as Answer;
    return { id, path: `/api/v1/organizations/${id}`, owner: who };
  }

  /** A new person who belongs to the team. */
  async person(organizationId: string, role: OrganizationRole): Promise<SignedIn> {
    const person = await this.api.signUp();
    await aMember(this.api.database.dataSource, organizationId, person.userId, role);
    return person;
  }

  /** One person of each role; the owner is the one who made the team. */
  async crew(): Promise<{ id: string; path: string; people: Record<OrganizationRole, SignedIn> }> {
    const { id, path, owner } = await this.team();
    const [admin, billing, member, viewer] = await Promise.all([this.person(id, 'admin'), this.person(id, 'billing'), this.person(id, 'member'), this.person(id, 'viewer')]);
    return { id, path, people: { owner, admin, billing, member, viewer } };
  }

  sql<Row>(text: string, ...parameters: unknown[]): Promise<Row[]> {
    return this.api.database.dataSource.query<Row[]>(text, parameters);
  }

  /** Role by user, of those who belong to it. */
  async roles(organizationId: string): Promise<Record<string, OrganizationRole>> {
    const rows = await this.sql<{ user: string; role: OrganizationRole }>('SELECT user_id AS user, role FROM organization_members WHERE organization_id = $1', organizationId);
    return Object.fromEntries(rows.map(({ user, role }) => [user, role]));
  }

  /** Audit rows of the organization, oldest first. */
  audit(organizationId: string): Promise<AuditRow[]> {
    return this.sql<AuditRow>('SELECT action, actor_id AS "actorId", target_id AS "targetId", changes FROM audit_logs WHERE organization_id = $1 ORDER BY id', organizationId);
  }

  close(): Promise<void> {
    return this.api.close();
  }
}
