import { checkFinding, ReviewDiff, reviewRules, type FindingDraft } from '@app/agent';
import { AppError, loadConfig, Logger, Secret, type AppConfig } from '@app/common';
import { GithubInstallationStore, PullRequestReviewStore, PullRequestStore, ReviewFindingMoves, ReviewFindingStore, ReviewHistory, type AttemptEnd, type ClaimedAttempt, type GithubInstallation, type GitRepo } from '@app/domain';
import { aGitRepo, anInstallation, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { GithubApp, GithubChecks, GithubComments, GithubPullRequests, GithubReviews, GithubThreads } from '@app/github';
import type { TaskEventBus } from '@app/messaging';
import { execFileSync } from 'node:child_process';
import { startGithubPeer, type Fault, type GithubPeer, type PeerRepository } from '../../../../test/support/github-peer';
import { PeerRemarks } from '../../../../test/support/peer-remarks';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { AttemptPapers } from '../attempts/attempt-papers';
import type { Briefing } from '../attempts/briefing';
import type { CrashPoint, CrashPoints } from '../attempts/crash-points';
import { DeliveryStores } from '../attempts/delivery-stores';
import type { OpenedReview } from '../attempts/opened-review';
import { PublishRecords, PublishStores } from '../publishing/publish-records';
import type { GitWorkspace } from '../workspace/git-workspace';
import { ReviewAccess } from './review-access';
import { ReviewCi } from './review-ci';
import { ReviewDelivery, ReviewLedger } from './review-delivery';
import { ReviewPublisher } from './review-publisher';
import { ReviewRows, ReviewStep } from './review-step';
import { ReviewSubjects } from './review-subject';
import type { SecondPass } from './second-pass';
import { SummaryStep } from './summary-step';
import { ThreadStep } from './thread-step';

jest.setTimeout(120_000);
const CODE = Array.from({ length: 40 }, (_, n) => `line ${n + 1}`).join('\n') + '\n';
const SUBMISSION = { title: 'Changes lines', summary: 'It changes lines.', testing: '', risks: '', discard: [], answer: null, noChangesReason: null };

let database: TestDatabase;
let peer: GithubPeer;
let house: TaskHouse;
let tenant: Tenant;
let at: PeerRepository;
let repo: GitRepo;
let installation: GithubInstallation;
let remarks: PeerRemarks;
let made = 0;
let dieAt: CrashPoint | null = null;
beforeAll(async () => {
  database = await openTestDatabase();
  peer = await startGithubPeer();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: 1_000 } });
  at = await peer.addRepository({ owner: 'acme', name: 'reviewed', private: true, files: { 'a.txt': CODE } });
  installation = await anInstallation(database.dataSource, { installationId: String(peer.installationId), organizationId: tenant.organization.id });
  repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id, installationId: installation.id, githubId: String(at.id), fullName: at.fullName, url: at.htmlUrl, cloneUrl: at.cloneUrl });
  remarks = new PeerRemarks(peer.url, at.fullName);
});
afterEach(() => {
  peer.clearFaults();
  dieAt = null;
});
afterAll(async () => {
  await peer.stop();
  await database.close();
  expect(peer.violations()).toEqual([]);
});

class Killed extends Error {}

/** A worker that knows nothing but the rows. */
function worker(): { delivery: ReviewDelivery; subjects: ReviewSubjects } {
  const settings = { NODE_ENV: 'test', DATABASE_URL: database.url, JWT_SECRET: 'a secret for tests, of more than 32 bytes', KEK: Buffer.alloc(32, 9).toString('base64'), LOG_LEVEL: 'silent', PUBLIC_URL: 'http://127.0.0.1:3000' };
  const config = loadConfig({ ...settings, GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey, GITHUB_PACED: 'false', GITHUB_API_URL: peer.apiUrl, GITHUB_WEBHOOK_SECRET: 'x'.repeat(32) });
  const app = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: peer.appId, GITHUB_APP_PRIVATE_KEY: new Secret(peer.privateKey) } } as unknown as AppConfig);
  const logger = Logger.create('silent', 'worker');
  const { work, attempts, effects, events, results, lifecycle, tasks, plans } = house;
  const [pulls, pullRows, moves, history] = [new GithubPullRequests(app), new PullRequestStore(), new ReviewFindingMoves(), new ReviewHistory()];
  const bus = { publishNews: () => undefined } as unknown as TaskEventBus;
  const records = new PublishRecords(work, new PublishStores(attempts, effects, events, results, pullRows), bus);
  const rows = new ReviewRows(records, moves, history, new PullRequestReviewStore());
  const access = new ReviewAccess(app, logger);
  const ci = new ReviewCi(new GithubChecks(app), config);
  const publisher = new ReviewPublisher(access, ci, new ReviewStep(rows, new GithubReviews(app), pulls), new ThreadStep(work, moves, new GithubThreads(app), access, logger), new SummaryStep(rows, new GithubComments(app), new GithubChecks(app)));
  const stores = new DeliveryStores(work, attempts, lifecycle, tasks, results);
  const crash = { reach: (point: CrashPoint) => { if (point === dieAt) throw new Killed(point); } } as unknown as CrashPoints;
  const delivery = new ReviewDelivery(new ReviewLedger(stores, new ReviewFindingStore(), moves), {} as SecondPass, new AttemptPapers(stores, plans, events), publisher, crash, config);
  return { delivery, subjects: new ReviewSubjects(access, pulls, ci, work, pullRows, history) };
}

interface ReadyReview {
  readonly attempt: ClaimedAttempt;
  readonly number: number;
  readonly headSha: string;
  /** Hands the review over, by a worker of its own. */
  readonly deliver: () => Promise<AttemptEnd>;
}

interface Wanted {
  readonly pull?: { readonly number: number; readonly headSha: string };
  readonly findings: readonly Partial<FindingDraft>[];
  /** Lines of context that our side takes for part of the diff; GitHub shows 3. */
  readonly context?: number;
  readonly options?: Record<string, unknown>;
}

async function aPull(text: string): Promise<{ number: number; headSha: string }> {
  const branch = `topic-${(made += 1)}`;
  await remarks.commit({ branch, files: { 'a.txt': text } });
  return remarks.pull({ head: branch });
}

async function ready({ pull, findings, context = 3, options = {} }: Wanted): Promise<ReadyReview> {
  const { number, headSha } = pull ?? (await aPull(CODE.replace('line 20\n', 'LINE 20\n')));
  const attempt = await house.runningTask(tenant, { repositoryId: repo.id, mode: 'pr_review', branch: `pull/${number}/head`, options });
  const task = (await house.tasks.findForOrganization(house.work.reader, tenant.organization.id, attempt.taskId))!;
  const git = (...args: string[]): string => execFileSync('git', ['--git-dir', at.folder, ...args], { encoding: 'utf8' });
  const baseSha = git('merge-base', 'main', headSha).trim();
  const diff = new ReviewDiff(git('diff', `-U${context}`, baseSha, headSha), { baseSha, headSha, base: 'main', head: task.branch });
  const briefing = { attempt, task, repo, installation } as unknown as Briefing;
  const subject = await worker().subjects.of(briefing, headSha);
  for (const finding of findings) {
    const checked = checkFinding({ file: 'a.txt', side: 'RIGHT', startLine: null, endLine: 20, severity: 'high', confidence: 'high', category: 'bug', title: 'Wrong', body: 'It is.', suggestion: null, preExisting: false, ...finding }, diff);
    if (!checked.ok) throw new Error(checked.reason);
    const owner = { organizationId: tenant.organization.id, repositoryId: repo.id, pullRequestId: subject!.pullRequestId, taskId: task.id, attemptId: attempt.attemptId, sha: headSha };
    await house.work.run((tx) => new ReviewFindingStore().record(tx, { ...owner, ...checked.finding }));
  }
  const review: OpenedReview = { diff, subject, rules: reviewRules(options, {}), gitDir: at.folder, shown: { text: '', leftOut: [] }, followed: { standing: [], gone: [] }, ledger: {} as OpenedReview['ledger'] };
  return { attempt, number, headSha, deliver: () => worker().delivery.deliver({ briefing, workspace: { baseSha: headSha } as unknown as GitWorkspace, review, models: null, secrets: [] }, SUBMISSION, new AbortController().signal) };
}

async function of(number: number) {
  const all = await remarks.all();
  return { reviews: all.reviews.filter((one) => one.number === number), comments: all.comments.filter((one) => one.number === number), summaries: all.issueComments.filter((one) => one.number === number), runs: all.runs };
}

const DONE = { kind: 'completed' };

it('posts what GitHub takes when it refuses a line, and names the rest', async () => {
  const { number, deliver } = await ready({ context: 10, findings: [{ title: 'Good' }, { title: 'Beyond', endLine: 28, category: 'tests' }] });
  expect(await deliver()).toEqual(DONE);
  const { reviews, comments, summaries } = await of(number);
  expect([reviews.length, comments.map(({ line }) => line)]).toEqual([1, [20]]);
  expect(summaries[0]!.body).toMatch(/1 new, 0 standing, 1 not on lines[\s\S]*Beyond \(`a.txt:28`\) \(not on a line of the diff\)/);
  const refused = peer.requests().filter(({ method, path, status }) => method === 'POST' && path.endsWith(`/pulls/${number}/reviews`) && status === 422);
  expect(refused).toHaveLength(1);
});

it.each(['review-before', 'review-after', 'summary-after'] as const)('leaves one of each when it dies at %s', async (point) => {
  const work = await ready({ findings: [{}] });
  dieAt = point;
  await expect(work.deliver()).rejects.toBeInstanceOf(Killed);
  dieAt = null;
  expect(await work.deliver()).toEqual(DONE);
  expect(await work.deliver()).toEqual(DONE);
  const { reviews, comments, summaries } = await of(work.number);
  expect([reviews.length, comments.length, summaries.length]).toEqual([1, 1, 1]);
  expect(summaries[0]!.body).toContain('1 new, 0 standing');
});

it('goes on after an answer that was lost, and after GitHub was away', async () => {
  const work = await ready({ findings: [{}] });
  peer.fault({ match: { method: 'POST', path: `/pulls/${work.number}/reviews` }, cut: 'after', times: 1 }, { match: { method: 'POST', path: `/issues/${work.number}/comments` }, status: 503, times: 20 });
  const first = await work.deliver().catch((error: unknown) => error);
  expect(first).toMatchObject({ code: expect.any(String) as string });
  peer.clearFaults();
  expect(await work.deliver()).toEqual(DONE);
  const { reviews, comments, summaries } = await of(work.number);
  expect([reviews.length, comments.length, summaries.length]).toEqual([1, 1, 1]);
});

/** The calls that put a review before people, in their order. */
const STEPS = {
  token: { method: 'POST', path: '/access_tokens' },
  'read CI': { method: 'GET', path: '/check-runs' },
  'look for the review': { method: 'GET', path: '/reviews' },
  'post the review': { method: 'POST', path: '/reviews' },
  'look for the summary': { method: 'GET', path: '/issues/' },
  'post the summary': { method: 'POST', path: '/issues/' },
  'make the check': { method: 'POST', path: '/check-runs' },
} as const;
const WAIT = { 'retry-after': '120' };
const FAULTS = {
  'an expired token': { status: 401, message: 'Bad credentials' },
  'a rate limit': { status: 429, message: 'API rate limit exceeded', headers: WAIT },
  'a secondary limit': { status: 403, message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', headers: WAIT },
  'a 503 that lasts': { status: 503, message: 'Unavailable', times: 60 },
  'a connection cut before': { cut: 'before' },
  'a connection cut after': { cut: 'after' },
  'a silence': { delayMs: 17_000 },
} as const satisfies Record<string, Omit<Fault, 'match'>>;
type Step = keyof typeof STEPS;
type Trouble = keyof typeof FAULTS;

/** Those that are met most; all of them, and some minutes more, with REVIEW_FAULTS=all. */
const CHOSEN: readonly (readonly [Step, Trouble])[] = [
  ['post the review', 'an expired token'], ['post the review', 'a secondary limit'], ['post the review', 'a connection cut after'], ['post the summary', 'an expired token'], ['post the summary', 'a rate limit'],
  ['post the summary', 'a connection cut after'], ['make the check', 'a 503 that lasts'],
];
const ALL = (Object.keys(STEPS) as Step[]).flatMap((step) => (Object.keys(FAULTS) as Trouble[]).map((trouble) => [step, trouble] as const));

it.each(process.env.REVIEW_FAULTS === 'all' ? ALL : CHOSEN)('%s: %s: recovers, or says so and is done by the next try', async (step, trouble) => {
  // The same change in the same second would be the same commit.
  const work = await ready({ pull: await aPull(CODE.replace('line 20\n', `${step}: ${trouble}\n`)), findings: [{}] });
  peer.fault({ match: STEPS[step], ...FAULTS[trouble] });
  const first = await work.deliver().catch((error: unknown) => error);
  if (first instanceof AppError) expect(first).toMatchObject({ code: 'github_rate_limited', members: { retryAfterSeconds: expect.any(Number) as number } });
  else expect((first as AttemptEnd).kind).toMatch(trouble === 'an expired token' && step !== 'token' ? /^completed$/ : /^(completed|failed)$/);
  if (trouble.endsWith('limit')) expect(first).toBeInstanceOf(AppError);
  expect(JSON.stringify(first)).not.toContain('ghs_');
  peer.clearFaults();
  expect(await work.deliver()).toEqual(DONE);
  const { reviews, comments, summaries, runs } = await of(work.number);
  expect([reviews.length, comments.length, summaries.length]).toEqual([1, 1, 1]);
  expect(runs.filter(({ sha }) => sha === work.headSha)).toMatchObject([{ name: 'Async Coder review', conclusion: 'neutral' }]);
});

it('lets one of two reviews of a commit through', async () => {
  const pull = await aPull(CODE.replace('line 20\n', 'two at once\n'));
  const [one, other] = [await ready({ pull, findings: [{}] }), await ready({ pull, findings: [] })];
  const ends = await Promise.all([one.deliver(), other.deliver()]);
  expect(ends.map((end) => ('reason' in end ? end.reason : null)).sort()).toEqual(['already_reviewed', null]);
  const { reviews, summaries } = await of(pull.number);
  expect([reviews.length, summaries.length]).toEqual([1, 1]);
});

it('writes a summary anew that people deleted', async () => {
  const first = await ready({ findings: [{}] });
  expect(await first.deliver()).toEqual(DONE);
  const [summary] = (await of(first.number)).summaries;
  const answer = await fetch(`${peer.url}/__peer/comments/delete`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ repository: at.fullName, id: String(summary?.id) }) });
  expect(answer.ok).toBe(true);
  await remarks.commit({ branch: `topic-${made}`, files: { 'a.txt': CODE.replace('line 20\n', 'LINE 20, again\n') } });
  const headSha = (await peer.ref(at.fullName, `refs/heads/topic-${made}`)) ?? '';
  const next = await ready({ pull: { number: first.number, headSha }, findings: [] });
  expect(await next.deliver()).toEqual(DONE);
  const { summaries } = await of(first.number);
  expect(summaries).toHaveLength(1);
  expect(summaries[0]!.id).not.toBe(summary?.id);
});

it('does without check runs where the App may write none, and calls CI unknown', async () => {
  await database.dataSource.query(`UPDATE github_installations SET permissions = '{"contents":"write","pull_requests":"write","issues":"write","metadata":"read"}' WHERE id = $1`, [installation.id]);
  const full = installation;
  installation = (await new GithubInstallationStore(database.dataSource).findForOrganization(tenant.organization.id, installation.id))!;
  const first = await ready({ findings: [{}] });
  expect(await first.deliver()).toEqual(DONE);
  const { summaries, runs } = await of(first.number);
  expect(summaries[0]!.body).toContain('The state of CI is not known. Could not be read: check runs, statuses.');
  expect(runs.filter(({ sha }) => sha === first.headSha)).toEqual([]);
  installation = full;
});
