import { Secret } from '@app/common';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

const SHORTEST = 8;
const LONGEST = 4_096;
/** Keys travel in headers: anything else would be refused on the way, in a message that quotes it. */
const VISIBLE = /^[!-~]+$/;

const DOCUMENTED = {
  type: String, minLength: SHORTEST, maxLength: LONGEST, pattern: '^[!-~]+$', writeOnly: true, format: 'password', description: 'The key itself: visible ASCII, no spaces. It is never shown again.',
  example: 'sk-ant-api03-EXAMPLE-0123456789abcdefghij',
} as const;

/** A vendor's key. From here on it is a `Secret`, so that no fault, log or answer can quote it. */
export function KeyText(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? new Secret(value) : value)),
    ValidateBy({
      name: 'keyText',
      validator: { validate: isKeyText, defaultMessage: () => `$property must be a text of ${SHORTEST} to ${LONGEST} visible ASCII characters, without spaces` },
    }),
  );
}

export function KeyTextProperty(): PropertyDecorator {
  return ApiProperty(DOCUMENTED);
}

export function OptionalKeyTextProperty(): PropertyDecorator {
  return ApiPropertyOptional(DOCUMENTED);
}

function isKeyText(value: unknown): boolean {
  return value instanceof Secret && value.use((text) => text.length >= SHORTEST && text.length <= LONGEST && VISIBLE.test(text));
}
