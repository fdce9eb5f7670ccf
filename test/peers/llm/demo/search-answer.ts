// The demo agent's answer to a question: where the question's words really occur, with places that can be checked.
import type { PeerTurn } from '../turn';
import { lastCall, linesRead, pathsFound, type Round } from './round';
import { STAND_IN } from './stand-in';

const COMMON = new Set(['what', 'where', 'when', 'which', 'does', 'this', 'that', 'there', 'with', 'from', 'have', 'into', 'about', 'how', 'are', 'and', 'the', 'file', 'files', 'code', 'repository', 'project', 'explain', 'please', 'your', 'would', 'could', 'should', 'work', 'works']);
const MOST_WORDS = 6;
const MOST_PLACES = 8;
const MATCH = /^([\w@.+/-]+):(\d+): ?(.*)$/;

interface Place {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export function answerWithSearch(round: Round): PeerTurn {
  const words = wordsOf(round.prompt);
  const searched = lastCall(round, 'grep');
  if (!searched && words.length > 0 && round.offers('grep')) {
    return { text: 'I search for the words of the question.', calls: [{ name: 'grep', args: { pattern: words.join('|'), ignoreCase: true } }] };
  }
  const places = placesIn(searched?.result?.isError === false ? searched.result.text : '');
  const answer = places.length > 0 ? found(words, places) : nothingFound(round, words);
  const args = { title: 'Places that the question may be about', summary: `${STAND_IN} The answer lists where the question's words occur.`, testing: 'Every place was found by searching the repository.', risks: 'This is a search, not an explanation.', answer };
  return { text: 'That is all that I can do.', calls: [{ name: 'submit', args }] };
}

function wordsOf(prompt: string): string[] {
  const words = (prompt.match(/[A-Za-z_][A-Za-z0-9_]{2,}/g) ?? []).filter((word) => !COMMON.has(word.toLowerCase()));
  return [...new Set(words)].sort((a, b) => b.length - a.length).slice(0, MOST_WORDS);
}

/** Places spread over files: the first of each file before the second of any. */
function placesIn(text: string): Place[] {
  const seen = new Map<string, number>();
  const ranked = text.split('\n').flatMap((row) => {
    const [, path, line, content = ''] = MATCH.exec(row) ?? [];
    if (path === undefined) return [];
    const rank = seen.get(path) ?? 0;
    seen.set(path, rank + 1);
    return [{ rank, place: { path, line: Number(line), text: content.trim() } }];
  });
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST_PLACES).map(({ place }) => place);
}

function found(words: readonly string[], places: readonly Place[]): string {
  const rows = places.map(({ path, line, text }) => `- \`${path}:${line}\`: \`${quoted(text)}\``);
  return [STAND_IN, '', `A search for ${words.map((word) => `“${word}”`).join(', ')} found:`, '', ...rows, ''].join('\n');
}

function nothingFound(round: Round, words: readonly string[]): string {
  const first = pathsFound(round).find((path) => linesRead(round, path).size > 0);
  const why = words.length > 0 ? `None of the words ${words.map((word) => `“${word}”`).join(', ')} occurs in the repository.` : 'The question has no word to search for.';
  return [STAND_IN, '', why, ...(first === undefined ? [] : ['', `The repository describes itself at \`${first}:1\`.`]), ''].join('\n');
}

/** A quotation that nobody takes for a place in the repository or for the end of the code span. */
function quoted(text: string): string {
  return text.slice(0, 100).replaceAll('`', '\'').replace(/:(?=\d)/g, ': ');
}
