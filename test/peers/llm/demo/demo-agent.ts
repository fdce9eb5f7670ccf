import type { Personality } from '../scripts';
export const demoAgent: Personality = () => ({ text: 'stand-in' });
