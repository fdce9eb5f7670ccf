import { Secret } from '@app/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** What is shorter could not be told from ordinary text, and so not be kept out of logs. */
const SHORTEST = 8;
const LONGEST_BYTES = 4_096;

/** The value of a repository's secret. From here on it is a `Secret`, so that no fault, log or answer can quote it. */
export class SetSecretDto {
  @ApiProperty({ type: String, minLength: SHORTEST, maxLength: LONGEST_BYTES, writeOnly: true, format: 'password', description: 'At most 4,096 bytes in UTF-8. It is never shown again.', example: 'npm_EXAMPLE0123456789' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? new Secret(value) : value))
  @ValidateBy({ name: 'secretText', validator: { validate: isSecretText, defaultMessage: () => `$property must be a text of at least ${SHORTEST} characters and at most ${LONGEST_BYTES} bytes` } })
  value!: Secret;
}

function isSecretText(value: unknown): boolean {
  return value instanceof Secret && value.use((text) => text.trim().length >= SHORTEST && Buffer.byteLength(text) <= LONGEST_BYTES && !text.includes('\0'));
}
