/** Folder of an external agent inside the sandbox: its message, its settings and its logs; never part of the work. */
export const AGENT_FOLDER = '/workspace/scratch/agent';

/** The wire that an agent speaks to the gateway. */
export type AgentWire = 'openai_chat' | 'openai_responses' | 'anthropic' | 'google';

/** Where a turn's model is reached, inside the sandbox, and the word that opens it: worth nothing anywhere else, and nothing after the turn. */
export interface ModelDoor {
  /** Without a path: "http://127.0.0.1:4180". */
  readonly origin: string;
  readonly token: string;
}

/** One turn of an external agent: everything it does until it ends by itself. */
export interface AgentTurn {
  readonly door: ModelDoor;
  /** Our name of the model. */
  readonly model: string;
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** The turn may change nothing. */
  readonly readsOnly: boolean;
  readonly message: string;
}

/** How a program is started for a turn. */
export interface AgentCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Texts that it finds below `AGENT_FOLDER`, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the message comes on its standard input. */
  readonly stdin?: string;
}

/** A command-line agent of somebody else, as far as it has to be known. */
export interface ExternalAgent {
  /** Name of its provider row: "aider". */
  readonly slug: string;
  /** Its program's name on the PATH. */
  readonly program: string;
  readonly wire: AgentWire;
  readonly modes: readonly string[];
  /** Files and folders at the repository's top that would change how it works: it sees them empty. */
  readonly masked: RegExp;
  /** What it leaves at the repository's top: not part of the work. */
  readonly leftovers: RegExp;
  command(turn: AgentTurn): AgentCommand;
  /** Its last words, from what it printed; null: what the model said last is it. */
  answer(output: string): string | null;
}
