import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniqueSlug } from '../src/index.js';

test('keeps a free slug', () => {
  assert.equal(uniqueSlug('News', ['old-news']), 'news');
});

test('takes the lowest free number', () => {
  assert.equal(uniqueSlug('News', ['news']), 'news-2');
  assert.equal(uniqueSlug('News', ['news', 'news-2', 'news-4']), 'news-3');
});
