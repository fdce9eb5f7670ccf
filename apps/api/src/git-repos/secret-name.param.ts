import { invalidParameter } from '@app/common';
import { applyDecorators, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';

const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
/** They would change what runs, or where it connects to, rather than tell it something. */
const TAKEN = /^(PATH|HOME|USER|SHELL|TMPDIR|IFS|ENV|BASH_ENV|BASH_FUNC_.*|LD_.*|NODE_OPTIONS|NODE_PATH|PYTHONPATH|PYTHONSTARTUP|PERL5LIB|PERL5OPT|RUBYOPT|RUBYLIB|GIT_.*|(HTTP|HTTPS|ALL|NO|FTP)_PROXY)$/;

/** Refuses a name that is no environment variable's (400), or that the platform sets itself. */
class SecretNamePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!NAME.test(value)) throw invalidParameter('name', 'invalid_format', 'must be capital letters, digits and underscores, beginning with a letter, at most 64');
    if (TAKEN.test(value)) throw invalidParameter('name', 'reserved', 'is a variable that the platform sets itself');
    return value;
  }
}

/** The name of a secret in the path. */
export function SecretNameParam(): ParameterDecorator {
  return Param('name', new SecretNamePipe());
}

/** Describes that part of the path. */
export function ApiSecretName(): MethodDecorator {
  return applyDecorators(ApiParam({ name: 'name', schema: { type: 'string', pattern: NAME.source }, description: 'The environment variable that the set-up command finds it in.', example: 'NPM_TOKEN' }));
}
