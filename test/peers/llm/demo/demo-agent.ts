// The quickstart's agent: no model is behind it. It plays a recorded session on the sample repository, each step only if the
// tools' real results are what the recording met; everywhere else it says what it is and does something harmless.
import type { Conversation } from '../conversation';
import { playsHere, sampleSession } from '../sample-session/session';
import type { PeerTurn } from '../turn';
import { answerWithSearch } from './search-answer';
import { describeRepository } from './repository-notes';
import { lastCall, namesListed, roundOf, type Round } from './round';
import { STAND_IN } from './stand-in';

const WORTH_READING = /^(README(\.\w+)?|package\.json|AGENTS\.md|pyproject\.toml|Cargo\.toml|go\.mod|pom\.xml|composer\.json|Gemfile|Makefile)$/i;
const MOST_READ = 4;

export function demoAgent(conversation: Conversation): PeerTurn {
  const round = roundOf(conversation);
  if (!round.offers('ls') || !round.offers('submit')) return { text: /reply with ok/i.test(round.prompt) ? 'OK' : STAND_IN };
  const looked = look(round);
  if (looked) return looked;
  if (!round.offers('write')) return answerWithSearch(round);
  return playsHere(round) ? sampleSession(round) : describeRepository(round);
}

/** The first two steps of every session: what is here, and what the project says about itself. */
function look(round: Round): PeerTurn | null {
  if (!lastCall(round, 'ls')) {
    return { text: 'I look at the repository first.', calls: [{ name: 'ls', args: {} }, { name: 'glob', args: { pattern: '**/*' } }] };
  }
  const files = namesListed(round).filter((name) => WORTH_READING.test(name)).slice(0, MOST_READ);
  if (files.length === 0 || lastCall(round, 'read')) return null;
  return { text: 'Now what the project says about itself.', calls: files.map((path) => ({ name: 'read', args: { path } })) };
}
