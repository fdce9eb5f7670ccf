import { declareError } from '@app/common';

export const CREDENTIAL_NOT_APPLICABLE = declareError('credential_not_applicable', 422, 'This repository takes no such credential');
export const HOST_KEY_UNREACHABLE = declareError('host_key_unreachable', 502, 'The server showed no host key', 'warn');
