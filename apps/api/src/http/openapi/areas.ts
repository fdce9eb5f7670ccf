/** A group of operations on the page, in the order it is read. */
export interface Area {
  readonly name: string;
  readonly description: string;
  /** First parts of the path, after the prefix. */
  readonly paths: readonly string[];
}

export const AREAS: readonly Area[] = [
  { name: 'Sign-in', paths: ['auth'], description: 'Accounts, sessions, passwords and personal access tokens. Everything else starts with the access token you get here.' },
  { name: 'Your account', paths: ['users'], description: 'Your profile, your GitHub account, and the credits of the organization you act in.' },
  { name: 'Organizations', paths: ['organizations', 'invitations'], description: 'Teams: members and their roles, invitations, and the log of who changed what. Everybody has a personal organization from the first day.' },
  { name: 'Repositories', paths: ['repositories'], description: 'What tasks work on: repositories of a GitHub installation, or any git repository by its address.' },
  { name: 'Tasks', paths: ['tasks', 'plans'], description: 'The work itself: hand in a task, follow it, talk to its agent, pause it, cancel it, read what it delivered.' },
  { name: 'Automations', paths: ['automations'], description: 'Tasks that start themselves: by the clock, by what happens on GitHub, or by a call.' },
  { name: 'Pull requests', paths: ['pull-requests', 'findings'], description: 'Pull requests of tasks and reviews, and what reviews found.' },
  { name: 'Models', paths: ['models', 'modes'], description: 'Which models there are, what they cost, which of them you can use, and whether they answer.' },
  { name: 'Provider keys', paths: ['api-keys'], description: 'Your own keys for AI providers. A key is encrypted before it is stored and never shown again; only its last four characters are.' },
  { name: 'Billing', paths: ['billing', 'credits', 'budgets'], description: 'Plans, credits, purchases and budgets.' },
  { name: 'Analytics', paths: ['analytics'], description: 'Sums over tasks, models and spending.' },
  { name: 'Webhook endpoints', paths: ['webhook-endpoints'], description: 'Addresses of yours that are told what happens, signed as [Standard Webhooks](https://www.standardwebhooks.com) says. Ping them, rotate their secret, look at deliveries and send them again.' },
  { name: 'Incoming webhooks', paths: ['webhooks'], description: 'Where GitHub, Clerk and Stripe deliver their events. Signed by them; of no use to anybody else.' },
  { name: 'Administration', paths: ['admin'], description: 'For the staff of the platform: `support` reads, `admin` changes.' },
  { name: 'Operations', paths: ['health', 'version', 'problems', 'metrics'], description: 'Probes, version, and the explanation of every error code. They stand outside `/api/v1`.' },
];

/** The group of a path such as "/api/v1/tasks/{id}"; undefined when no group names it. */
export function areaOf(path: string): Area | undefined {
  const [first = ''] = path.replace(/^\/api\/v\d+/, '').split('/').filter(Boolean);
  return AREAS.find((area) => area.paths.includes(first));
}
