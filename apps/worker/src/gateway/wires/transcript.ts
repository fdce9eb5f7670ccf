import { callsOf, promptTokens, textOf, type CallPart, type ModelEnd, type ModelMessage, type Part } from '@app/providers';

/** Puts a wire's items together as turns: neighbours of one role are one turn. */
export class Transcript {
  readonly messages: ModelMessage[] = [];
  private readonly system_: string[] = [];
  private readonly names = new Map<string, string>();

  get system(): string {
    return this.system_.filter((text) => text.trim() !== '').join('\n\n');
  }

  addSystem(text: string): void {
    this.system_.push(text);
  }

  addUser(text: string): void {
    if (text !== '') this.add('user', { t: 'text', text });
  }

  addText(text: string): void {
    if (text !== '') this.add('assistant', { t: 'text', text });
  }

  addCall(id: string, name: string, args: unknown): void {
    this.names.set(id, name);
    this.add('assistant', { t: 'call', id, name, args });
  }

  addResult(id: string, text: string, isError = false): void {
    this.add('tool', { t: 'result', id, name: this.names.get(id) ?? 'unknown', text, isError });
  }

  private add(role: ModelMessage['role'], part: Part): void {
    const last = this.messages.at(-1);
    if (last?.role === role) this.messages[this.messages.length - 1] = { role, parts: [...last.parts, part] };
    else this.messages.push({ role, parts: [part] });
  }
}

/** What of an answer goes back: its thinking stays here, and is put in its place when the turn comes again. */
export interface PlainAnswer {
  readonly text: string;
  readonly calls: readonly CallPart[];
  readonly promptTokens: number;
}

export function plainAnswer({ message, usage }: ModelEnd): PlainAnswer {
  return { text: textOf(message), calls: callsOf(message), promptTokens: promptTokens(usage) };
}

/** Arguments as text: as JSON, or as the model wrote them when that was none. */
export function argumentsText({ args }: CallPart): string {
  return typeof args === 'string' ? args : JSON.stringify(args ?? {});
}

export function argumentsObject({ args }: CallPart): unknown {
  return typeof args === 'object' && args !== null ? args : { unreadable: args };
}
