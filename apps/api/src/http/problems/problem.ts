import type { AppError } from '@app/common';

/** RFC 9457, with the members every error of ours has. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly requestId: string;
  readonly [member: string]: unknown;
}

export interface ProblemPlace {
  readonly publicUrl: string;
  /** Path of the request, without its query. */
  readonly instance: string;
  readonly requestId: string;
}

/** A code as the last part of its page's address. */
export function problemSlug(code: string): string {
  return code.replaceAll('_', '-');
}

export function toProblem(error: AppError, place: ProblemPlace): Problem {
  return {
    type: `${place.publicUrl}/problems/${problemSlug(error.code)}`,
    title: error.kind.title,
    status: error.kind.status,
    detail: error.detail,
    instance: place.instance,
    code: error.code,
    requestId: place.requestId,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
    ...error.members,
  };
}
