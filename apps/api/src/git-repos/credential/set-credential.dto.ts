import { Secret } from '@app/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsString, Matches, MaxLength, ValidateBy } from 'class-validator';
import { WhenSent } from '../../http/validation/rules';

const LONGEST_PASSWORD_BYTES = 4_096;
const LONGEST_KEY_BYTES = 16_384;
const toSecret = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? new Secret(value) : value);

/** How a plain git remote lets us in: user and password (or token) over https, a deploy key over ssh. */
export class SetCredentialDto {
  @ApiProperty({ enum: ['basic', 'ssh'], description: '`basic` for https, `ssh` for ssh addresses.' })
  @IsIn(['basic', 'ssh'])
  kind!: 'basic' | 'ssh';

  @ApiPropertyOptional({ maxLength: 255, example: 'deploy-bot', description: 'With `basic`.' })
  @WhenSent() @IsString() @MaxLength(255) @Matches(/^[\x21-\x39\x3b-\x7e]{1,255}$/, { message: 'username must be plain text without a colon' })
  username?: string;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: LONGEST_PASSWORD_BYTES, writeOnly: true, format: 'password', description: 'With `basic`: password or token. It is never shown again.' })
  @WhenSent() @Transform(toSecret) @IsSecretLine(LONGEST_PASSWORD_BYTES)
  password?: Secret;

  @ApiPropertyOptional({ type: String, maxLength: LONGEST_KEY_BYTES, writeOnly: true, format: 'password', description: 'With `ssh`: a private key without a passphrase, in OpenSSH\'s form or as PEM. It is never shown again. Absent, and without `generate`: the one that is there stays.' })
  @WhenSent() @Transform(toSecret) @IsSecretText(LONGEST_KEY_BYTES)
  privateKey?: Secret;

  @ApiPropertyOptional({ description: 'With `ssh`: make a new key pair here; its public half is in the answer, and goes to the git host as a deploy key with write access.' })
  @WhenSent() @IsBoolean()
  generate?: boolean;

  @ApiPropertyOptional({
    type: [String], minItems: 1, maxItems: 10, example: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE'],
    description: 'With `ssh`, and needed: the keys that the server must prove itself with, as "type base64" or as lines of known_hosts. GET /repositories/{id}/credential/host-keys shows what the server presents now; sending them back confirms them.',
  })
  @WhenSent() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(10) @IsString({ each: true }) @MaxLength(6_000, { each: true })
  hostKeys?: string[];
}

function IsSecretText(longest: number): PropertyDecorator {
  return ofSecret(longest, /^[^\0]+$/);
}

/** What goes into a header stands in one line. */
function IsSecretLine(longest: number): PropertyDecorator {
  return ofSecret(longest, /^[^\0\r\n]+$/);
}

function ofSecret(longest: number, form: RegExp): PropertyDecorator {
  const validate = (value: unknown): boolean => value instanceof Secret && value.use((text) => form.test(text) && Buffer.byteLength(text) <= longest);
  return ValidateBy({ name: 'secretText', validator: { validate, defaultMessage: () => `$property must be a text of at most ${longest} bytes` } });
}
