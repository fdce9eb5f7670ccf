import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';
import { Secret } from '../crypto/secret';

/** Reads a text as a `Secret`, so that it is never printed. */
export function AsSecret(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? new Secret(value) : value));
}

/** The secret has at least `bytes` bytes. */
export function SecretMinBytes(bytes: number): PropertyDecorator {
  return check('secretMinBytes', `needs at least ${bytes} bytes`, (text) => Buffer.byteLength(text) >= bytes);
}

/** The secret is base64 of exactly `bytes` bytes. */
export function SecretBase64(bytes: number): PropertyDecorator {
  return check('secretBase64', `must be base64 of ${bytes} bytes`, (text) => Buffer.from(text, 'base64').length === bytes);
}

/** The secret has this form. */
export function SecretMatches(form: RegExp, message: string): PropertyDecorator {
  return check('secretMatches', message, (text) => form.test(text));
}

function check(name: string, message: string, accepts: (text: string) => boolean): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message: `${String(property)} ${message}` },
      validator: { validate: (value: unknown) => value instanceof Secret && value.use(accepts) },
    });
}
