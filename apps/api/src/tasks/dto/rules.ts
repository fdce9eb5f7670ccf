import { microsFromCredits } from '@app/common';
import { ValidateBy } from 'class-validator';

const MOST_CREDITS_MICRO = 1_000_000_000_000_000n;
const METADATA_KEYS = 16;
const METADATA_VALUE = 500;
const METADATA_KEY = 100;

/** A JSON number as microcredits, read from its shortest text: 14.9 is 14900000, exactly. Null when it is no amount above 0 with at most six decimals. */
export function readCredits(value: unknown): bigint | null {
  if (typeof value !== 'number') return null;
  try {
    const micros = microsFromCredits(String(value));
    return micros > 0n && micros <= MOST_CREDITS_MICRO ? micros : null;
  } catch {
    return null;
  }
}

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
