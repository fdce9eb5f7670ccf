import { declareError } from '@app/common';

export const REPOSITORY_ALREADY_CONNECTED = declareError('repository_already_connected', 409, 'This repository is connected already');
export const INVALID_CLONE_URL = declareError('invalid_clone_url', 422, 'This address cannot be cloned from');
