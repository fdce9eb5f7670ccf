export const STAND_IN = 'I am a recorded stand-in: no model is configured, so nothing here understands the request.';
