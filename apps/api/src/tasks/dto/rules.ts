import { readCredits } from '@app/submission';
import { ValidateBy } from 'class-validator';

const METADATA_KEYS = 16;
const METADATA_VALUE = 500;
const METADATA_KEY = 100;

/** Credits above 0, with at most six decimals. */
export function IsCredits(): PropertyDecorator {
  return ValidateBy({
    name: 'isCredits',
    validator: { validate: (value: unknown) => readCredits(value) !== null, defaultMessage: () => '$property must be credits above 0, up to 1000000000, with at most 6 decimals' },
  });
}

/** The caller's own notes: at most 16 texts of 500 characters. */
export function IsMetadata(): PropertyDecorator {
  return ValidateBy({
    name: 'isMetadata',
    validator: { validate: isMetadata, defaultMessage: () => `$property must be an object of at most ${METADATA_KEYS} texts of ${METADATA_VALUE} characters` },
  });
}

function isMetadata(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= METADATA_KEYS && entries.every(([key, text]) => key.length <= METADATA_KEY && typeof text === 'string' && text.length <= METADATA_VALUE);
}
