import { quoteUntrusted, type QuotedText } from '@app/submission';
import type { Subject, WrittenComment } from './trigger-event';

/** An issue as a task: what it says was written by anybody. */
export function issuePrompt(repository: string, subject: Subject): string {
  return joined(`Do what issue #${subject.number} of ${repository} asks for. If it is unclear what is wanted, do the smallest change that helps, and say what you left open.`, quoteUntrusted(aboutSubject(subject)));
}

/** What a person with write access asks for in a comment. */
export function mentionPrompt(repository: string, comment: WrittenComment, words: string): string {
  const { subject } = comment;
  const where = `${subject.isPull ? 'Pull request' : 'Issue'} #${subject.number} of ${repository}`;
  const wish = words.trim() === '' ? `Do what it asks for.` : `A maintainer asks there:\n\n${words.trim()}`;
  return joined(`${where}: ${wish}`, quoteUntrusted([...aboutPlace(comment), ...aboutSubject(subject)]));
}

/** A comment on our agent's own pull request. */
export function followUpPrompt(comment: WrittenComment, words: string): string {
  const begin = comment.asksForChanges ? 'A review of your pull request requests changes:' : comment.place ? `A comment on your pull request, at ${placeName(comment)}:` : 'A comment on your pull request:';
  const text = words.trim() === '' ? 'See the comments on the lines.' : words.trim();
  return joined(`${begin}\n\n${text}`, quoteUntrusted(aboutPlace(comment)));
}

export function reviewPrompt(repository: string, { number, title, body }: Subject): string {
  return joined(`Review pull request #${number} of ${repository}.`, quoteUntrusted([{ label: 'Its title', text: title }, { label: 'Its description', text: body }]));
}

function aboutSubject({ isPull, title, body, author }: Subject): QuotedText[] {
  const name = isPull ? 'pull request' : 'issue';
  return [{ label: `Title of the ${name}, by ${author}`, text: title }, { label: `Description of the ${name}, by ${author}`, text: body }];
}

function aboutPlace(comment: WrittenComment): QuotedText[] {
  return comment.place === null ? [] : [{ label: `The lines at ${placeName(comment)}`, text: comment.place.diffHunk }];
}

/** A path may hold anything but a NUL. */
function placeName({ place }: WrittenComment): string {
  return place === null ? '' : `${JSON.stringify(place.path)}${place.line === null ? '' : `, line ${place.line}`}`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n').slice(0, 100_000);
}
