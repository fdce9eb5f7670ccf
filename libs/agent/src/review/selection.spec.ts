import { findFlagged } from './followed';
import { fingerprintOf } from './finding';
import { checkOutput, findingComment, findingOfComment, reviewBody, summaryComment, SUMMARY_MARKER, type CiFacts, type ReviewToPost } from './posted-text';
import { ReviewDiff } from './review-diff';
import { reviewRules } from './review-rules';
import { moveToSummary, selectFindings, type RatedFinding } from './selection';
import { safeMarkdown } from '../delivery/safe-markdown';

const FINGERPRINT = 'a'.repeat(64);
const rules = reviewRules({}, {});
let made = 0;
const finding = (more: Partial<RatedFinding> = {}): RatedFinding => ({
  id: `f${++made}`, file: 'src/a.ts', side: 'RIGHT', startLine: null, endLine: 7, severity: 'high', confidence: 'high', category: 'bug', title: 'Wrong', body: 'It is.', suggestion: null, preExisting: false,
  fingerprint: FINGERPRINT, score: 8, githubCommentId: null, ...more,
});
const green: CiFacts = { state: 'passed', failing: [], waiting: [], total: 3, unread: [] };
const review = (more: Partial<ReviewToPost> = {}): ReviewToPost => ({
  taskId: 't', headSha: 'b'.repeat(40), sinceSha: null, rules, ci: green, submission: { title: 'Adds a thing', summary: 'It adds.' }, selection: { inline: [], standing: [], summary: [], suppressed: [] }, dismissed: 0,
  settled: [], leftOut: [], unscored: 0, standIn: null, ...more,
});
const summary = (more: Partial<ReviewToPost>) => summaryComment(review(more), ['the-exact-secret-value'], safeMarkdown);

describe('reviewRules', () => {
  it('takes what the task says, then the repository, then the default, and never garbage', () => {
    expect(reviewRules({ maxComments: 2 }, { reviewLevel: 'thorough', minSeverity: 'low', maxComments: 9 })).toEqual({ level: 'thorough', minSeverity: 'low', maxComments: 2 });
    expect(reviewRules({ reviewLevel: 'all', maxComments: -1 }, { minSeverity: 7 })).toEqual({ level: 'standard', minSeverity: 'medium', maxComments: 6 });
  });
});

describe('selectFindings', () => {
  it('shows the gravest, and counts and lists the rest with a reason', () => {
    const all = [
      finding({ title: 'weak', score: 3 }), finding({ title: 'minor', severity: 'low' }), finding({ title: 'guess', score: null, confidence: 'low' }), finding({ title: 'old', preExisting: true }),
      finding({ title: 'elsewhere', file: 'b.ts' }), finding({ title: 'said', isToldBefore: true }), finding({ title: 'there', githubCommentId: '9' }), finding({ title: 'medium', severity: 'medium' }), finding({ title: 'critical', severity: 'critical' }), finding({ title: 'high' }),
    ];
    const chosen = selectFindings(all, { ...rules, maxComments: 2 }, ({ file }) => file === 'src/a.ts');
    const titles = (list: readonly { finding: RatedFinding; why: string }[]) => list.map(({ finding: { title }, why }) => `${title}: ${why}`);
    expect(chosen.inline.map(({ title }) => title)).toEqual(['critical', 'high']);
    expect(chosen.standing.map(({ title }) => title)).toEqual(['there']);
    expect(titles(chosen.summary)).toEqual(['medium: too_many', 'old: pre_existing', 'elsewhere: off_diff', 'said: told_before']);
    expect(titles(chosen.suppressed)).toEqual(['weak: weak', 'guess: weak', 'minor: minor']);
    expect(moveToSummary(chosen, new Set([chosen.inline[0]!.id]))).toMatchObject({ inline: [{ title: 'high' }], summary: [{}, {}, {}, {}, { why: 'off_diff' }] });
  });

  it('asks for less in a thorough review and for more in a light one', () => {
    const five = finding({ score: 5 });
    const inline = (level: 'light' | 'standard' | 'thorough', one = five) => selectFindings([one], { ...rules, level }, () => true).inline.length;
    expect([inline('light'), inline('standard'), inline('thorough'), inline('thorough', finding({ score: null, confidence: 'low' }))]).toEqual([0, 1, 1, 1]);
  });
});

describe('what is posted', () => {
  it('is a comment with a suggestion that applies, found again by its marker', () => {
    const text = findingComment(finding({ suggestion: 'const a = 1;' }), []);
    expect(text).toContain('**Wrong**\n\nhigh · bug · confidence high\n\nIt is.\n\n```suggestion\nconst a = 1;\n```');
    expect(findingOfComment(text)).toBe(FINGERPRINT);
    expect(findingOfComment('nothing')).toBeNull();
    expect(findingComment(finding({ suggestion: 'x', side: 'LEFT' }), [])).not.toContain('suggestion');
  });

  it('says first that CI is red, or that it waits', () => {
    const red = summary({ ci: { ...green, state: 'failed', failing: ['build `x`', 'lint'] } });
    expect(red.indexOf('**CI is red**: `build x`, `lint` of 3 failed')).toBeLessThan(red.indexOf('Adds a thing'));
    expect(red.indexOf('**CI is red**')).toBeLessThan(60);
    expect(summary({ ci: { ...green, state: 'waiting', waiting: ['GitHub Actions'] } })).toContain('`GitHub Actions` waits for an approval to run');
    expect(reviewBody(review({ ci: { ...green, state: 'failed', failing: ['build'] } }))).toContain('CI is red at this commit: `build`');
    expect(summary({ ci: { ...green, state: 'unknown', unread: ['statuses'] } })).toContain('Could not be read: statuses.');
  });

  it('counts and lists what is not a comment', () => {
    const chosen = selectFindings([finding({ title: 'Shown' }), finding({ title: 'Weak', score: 2 }), finding({ title: 'Old', preExisting: true })], rules, () => true);
    const text = summary({ selection: chosen, settled: [finding({ title: 'Done' })], dismissed: 2, leftOut: [{ path: 'huge.json', reason: 'the diff is too large' }], unscored: 1 });
    for (const part of [
      '1 new, 0 standing, 1 not on lines, 1 suppressed', '- **high** Shown (`src/a.ts:7`)', '- **high** Old (`src/a.ts:7`) (not of this change)', '<summary>Suppressed: 1</summary>', '2 of 10, weak', '<summary>Settled since: 1</summary>',
      '2 more were dismissed', '<summary>Not shown to the reviewer: 1 file</summary>', '`huge.json`: the diff is too large', '1 could not be held against the code', SUMMARY_MARKER,
    ]) expect(text).toContain(part);
    expect(checkOutput(review({ selection: chosen }))).toMatchObject({ title: '1 remark', conclusion: 'neutral' });
    expect(checkOutput(review())).toMatchObject({ title: 'No remarks', conclusion: 'success' });
  });

  it('harms nobody: no mention, picture, link elsewhere, hidden character or credential', () => {
    const text = summary({ submission: { title: 'Hi @octocat', summary: '![x](https://evil.test/p.png) [y](https://evil.test) a\u202eb the-exact-secret-value\nghp_0123456789abcdefghijklmnopqrstuvwxyzABCD' } });
    expect(text).not.toMatch(/@octocat|evil\.test\/p|\]\(https|\u202e|the-exact-secret-value|ghp_0123/);
    expect(findingComment(finding({ body: 'key: the-exact-secret-value', suggestion: 'k = "the-exact-secret-value"' }), ['the-exact-secret-value'])).not.toContain('the-exact');
    expect(summary({ submission: { title: 'x', summary: 'y'.repeat(90_000) } }).length).toBeLessThan(65_000);
  });
});

describe('what came after an earlier review', () => {
  const file = (head: string, hunks: string) => `diff --git a/${head} b/${head}\n--- a/${head}\n+++ b/${head}\n${hunks}`;
  const whole = file('a.ts', '@@ -1,2 +1,3 @@\n one\n+two\n three\n@@ -20,2 +21,3 @@\n x\n+y\n z\n') + file('b.ts', '@@ -1,1 +1,2 @@\n b\n+c\n');
  const range = { baseSha: 'a'.repeat(40), headSha: 'b'.repeat(40), base: 'main', head: 'topic' };

  it('is shown and judged alone', () => {
    const diff = new ReviewDiff(whole, range, { sha: 'c'.repeat(40), patch: file('a.ts', '@@ -20,2 +21,3 @@\n x\n+y\n z\n') });
    const { text } = diff.shown(10_000);
    expect(text).toContain('22 +y');
    expect(text).not.toMatch(/two|b\.ts/);
    expect([diff.isJudged('a.ts', 'RIGHT', 22), diff.isJudged('a.ts', 'RIGHT', 2), diff.isJudged('b.ts', 'RIGHT', 2), diff.isFileJudged('b.ts')]).toEqual([true, false, false, false]);
    expect(diff.linesOf('b.ts', 'RIGHT', 2, 2)).toEqual(['c']);
    const removed = new ReviewDiff(whole, range, { sha: 'c'.repeat(40), patch: file('a.ts', '@@ -2,3 +2,2 @@\n two\n-gone\n three\n') });
    expect([removed.isJudged('a.ts', 'RIGHT', 2), removed.isJudged('a.ts', 'RIGHT', 22)]).toEqual([true, false]);
    expect(new ReviewDiff(whole, range).isJudged('b.ts', 'RIGHT', 2)).toBe(true);
  });

  it('finds the code of a remark again, moved and indented, or not at all', () => {
    const flagged = { file: 'a.ts', side: 'RIGHT' as const, startLine: 2, endLine: 3, category: 'bug', fingerprint: fingerprintOf('a.ts', 'bug', ['if (x) {', '  return 1;']) };
    expect(findFlagged(flagged, ['new', 'new', 'if (x) {', '\treturn 1;', '}'])).toEqual({ startLine: 3, endLine: 4 });
    expect(findFlagged(flagged, ['if (x) {', '  return 2;'])).toBeNull();
    expect(findFlagged({ ...flagged, startLine: null, endLine: 1, fingerprint: fingerprintOf('a.ts', 'bug', ['x']) }, ['x', 'y', 'x'])).toEqual({ startLine: null, endLine: 1 });
    expect(findFlagged(flagged, [])).toBeNull();
  });
});
