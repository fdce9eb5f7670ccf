import { randomBytes } from 'node:crypto';

/** The part of an address before the @, made unique. */
export function usernameFrom(email: string): string {
  return uniqueUsername(email.split('@')[0] ?? '');
}

/** A username like this one that nobody has. */
export function uniqueUsername(wish: string): string {
  const word = wish.replace(/[^A-Za-z0-9_.-]/g, '').replace(/^[^A-Za-z0-9]{1,320}/, '').slice(0, 50);
  return `${word || 'user'}-${randomBytes(4).toString('hex')}`;
}

/** Organization slugs are unique too, and narrower than usernames. */
export function slugFrom(username: string): string {
  const words = username.toLowerCase().replace(/[^a-z0-9]{1,64}/g, '-').slice(0, 50);
  return `${words}-${randomBytes(4).toString('hex')}`;
}

export function isUsername(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text);
}
