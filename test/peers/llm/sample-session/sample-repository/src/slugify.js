const ACCENTS = /[\u0300-\u036f]/g;

/**
 * The slug of a title: lower-case letters and digits, words joined by single hyphens.
 *
 * @param {string} title
 * @param {{ maxLength?: number }} [options] `maxLength` cuts the slug, 60 characters when left out
 * @returns {string}
 */
export function slugify(title, { maxLength = 60 } = {}) {
  const words = title.normalize('NFKD').replace(ACCENTS, '').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const slug = trimHyphens(words);
  return slug.length <= maxLength ? slug : trimHyphens(slug.slice(0, maxLength));
}

function trimHyphens(slug) {
  return slug.replace(/^-|-$/, '');
}
