import { AgentPrograms } from './agent-programs';
import { AttemptEngines } from './attempt-engines';
import { AgentRunners } from './sandboxed-runner';

/** External agents and the doors to their models. */
export const GATEWAY = [AgentPrograms, AgentRunners, AttemptEngines];
