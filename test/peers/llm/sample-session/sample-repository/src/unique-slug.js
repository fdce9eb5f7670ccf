import { slugify } from './slugify.js';

/**
 * A slug that is not taken yet: the plain one, or with the lowest free number from 2 on.
 *
 * @param {string} title
 * @param {Iterable<string>} taken
 * @returns {string}
 */
export function uniqueSlug(title, taken) {
  const used = new Set(taken);
  const slug = slugify(title);
  if (!used.has(slug)) return slug;
  let number = 2;
  while (used.has(`${slug}-${number}`)) number += 1;
  return `${slug}-${number}`;
}
