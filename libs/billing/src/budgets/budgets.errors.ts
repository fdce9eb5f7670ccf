import { declareError } from '@app/common';

export const BUDGET_DUPLICATE = declareError('budget_duplicate', 409, 'There is such a budget');
