import { isEgressHost } from '@app/common';
import { ValidateBy, type ValidationOptions } from 'class-validator';

/** A host of an allow-list, as the worker's egress proxy reads it. */
export function IsEgressHost(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'egressHost', validator: { validate: isEgressHost, defaultMessage: () => '$property must be host names such as example.com, *.example.com or example.com:8443' } }, options);
}
