import { declareError } from '@app/common';

export const WEBHOOK_NOT_REPLAYABLE = declareError('webhook_not_replayable', 409, 'This webhook cannot be worked on again now');
