import { declareError } from '@app/common';

export const REPOSITORY_ALREADY_CONNECTED = declareError('repository_already_connected', 409, 'This repository is connected already');
export const INVALID_CLONE_URL = declareError('invalid_clone_url', 422, 'This address cannot be cloned from');
export const INTEGRATION_NOT_CONNECTED = declareError('integration_not_connected', 422, 'This integration is not connected');
export const GITHUB_PERMISSION_MISSING = declareError('github_permission_missing', 403, 'The GitHub App may not do this');
