/** A turn of the model's stand-in. */
export interface ScriptedTurn {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args?: unknown; readonly rawArgs?: string; readonly id?: string }[];
}

/** Tells the model's stand-in what to say to whoever asks with this text in the prompt. */
export async function teach(llmUrl: string, text: string, turns: readonly ScriptedTurn[]): Promise<void> {
  await tellPeer(llmUrl, 'script', { match: { text }, turns });
}

/** Something for a stand-in itself, below /__peer/. */
export async function tellPeer(url: string, what: 'script' | 'faults' | 'repositories' | 'reset', body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/__peer/${what}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the stand-in answered ${answer.status}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
}

/** What a stand-in was asked so far. */
export async function askedOf<Request = { method: string; path: string; status: number }>(url: string): Promise<readonly Request[]> {
  const answer = await fetch(`${url}/__peer/requests`);
  return ((await answer.json()) as { data: Request[] }).data;
}
