import '@app/domain';
import { AppError, NOT_FOUND } from '@app/common';
import { BadRequestException, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { toProblem } from './problem';
import { toAppError } from './to-app-error';

const shown = (error: unknown) => {
  const { kind, detail, errors, headers } = toAppError(error);
  return { code: kind.code, status: kind.status, text: JSON.stringify([detail, errors]), headers };
};
const ofDatabase = (code: string, more: object = {}) => Object.assign(new Error('duplicate key value violates SELECT secret_table'), { driverError: { code, ...more } });

describe('toAppError', () => {
  it('leaves ours as they are', () => {
    const error = new AppError(NOT_FOUND, 'gone');
    expect(toAppError(error)).toBe(error);
  });

  it.each([
    ['a taken address', ofDatabase('23505', { constraint: 'users_email_uq' }), 409, 'email_taken'],
    ['a taken name', ofDatabase('23505', { constraint: 'users_username_uq' }), 409, 'username_taken'],
    ['a connected repository', ofDatabase('23505', { constraint: 'repositories_org_github_uq' }), 409, 'repository_already_connected'],
    ['another unique index', ofDatabase('23505', { constraint: 'some_uq' }), 409, 'conflict'],
    ['a missing parent', ofDatabase('23503'), 404, 'not_found'],
    ['a check', ofDatabase('23514'), 422, 'validation_failed'],
    ['NUL', ofDatabase('22021'), 422, 'validation_failed'],
    ['a number out of range', ofDatabase('22003'), 422, 'validation_failed'],
    ['a bad uuid', ofDatabase('22P02'), 422, 'validation_failed'],
    ['a bad date', ofDatabase('22008'), 422, 'validation_failed'],
    ['a deadlock', ofDatabase('40P01'), 503, 'unavailable'],
    ['a shutdown', ofDatabase('57P01'), 503, 'unavailable'],
    ['too many connections', ofDatabase('53300'), 503, 'unavailable'],
    ['a statement that took too long', ofDatabase('57014'), 503, 'unavailable'],
    ['a refused connection', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }), 503, 'unavailable'],
    ['a lost connection', new Error('Connection terminated unexpectedly'), 503, 'unavailable'],
    ['an unknown column: our bug', ofDatabase('42703'), 500, 'internal'],
    ['anything else', new Error('/srv/app/secret.ts failed'), 500, 'internal'],
    ['no error at all', 'a text', 500, 'internal'],
    ['nothing', undefined, 500, 'internal'],
    ['a body that is no JSON', new BadRequestException('x', { cause: Object.assign(new SyntaxError('x'), { type: 'entity.parse.failed' }) }), 400, 'malformed_json'],
    ['a large body', new HttpException('x', 413), 413, 'payload_too_large'],
    ['a path that cannot be decoded', new BadRequestException('Failed to decode param'), 400, 'invalid_parameter'],
    ['no route', new NotFoundException('Cannot GET /x'), 404, 'not_found'],
    ["Nest's own refusal", new ForbiddenException('Forbidden resource'), 403, 'forbidden'],
  ])('%s', (_name, error, status, code) => {
    const answer = shown(error);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text).not.toMatch(/secret|SELECT|127\.0\.0\.1|terminated/);
    if (code === 'unavailable') expect(answer.headers['Retry-After']).toBe('1');
  });

  it('becomes a flat problem', () => {
    const problem = toProblem(new AppError(NOT_FOUND, 'gone', { members: { required: 12 } }), { publicUrl: 'https://host', instance: '/x', requestId: 'req_1' });
    expect(problem).toEqual({ type: 'https://host/problems/not-found', title: 'Not found', status: 404, detail: 'gone', instance: '/x', code: 'not_found', requestId: 'req_1', required: 12 });
  });
});
