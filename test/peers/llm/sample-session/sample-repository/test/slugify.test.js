import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugify } from '../src/index.js';

test('joins words with hyphens', () => {
  assert.equal(slugify('Hello World'), 'hello-world');
  assert.equal(slugify('one  two\tthree'), 'one-two-three');
});

test('drops accents', () => {
  assert.equal(slugify('Crème brûlée'), 'creme-brulee');
});

test('trims both ends', () => {
  assert.equal(slugify('  "Hello, World!"  '), 'hello-world');
});

test('cuts at the given length', () => {
  assert.equal(slugify('A very long title', { maxLength: 6 }), 'a-very');
  assert.equal(slugify('A very long title', { maxLength: 7 }), 'a-very');
});

test('is empty for a title without letters or digits', () => {
  assert.equal(slugify('…'), '');
});
