import { declareError } from '@app/common';

export const RANGE_NOT_SATISFIABLE = declareError('range_not_satisfiable', 416, 'The range lies outside the content');
