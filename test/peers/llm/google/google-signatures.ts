// Thought signatures: opaque proof that a model made this part. They hold no text, so what lies around them may be stored and sorted anew.
import type { Refuse } from '../check';
import { signatureOf, token } from '../turn';
import { callsIn, responsesIn, type Turn } from './google-turn';

/** Stands for the signature of a call that another vendor's model made. */
const FOREIGN = 'skip_thought_signature_validator';
const NONCE = 12;

export function newSignature(model: string): string {
  const nonce = token(NONCE);
  return Buffer.from(nonce + signatureOf(model, nonce)).toString('base64');
}

function isGenuine(signature: string, model: string): boolean {
  const text = Buffer.from(signature, 'base64').toString();
  return text.slice(NONCE) === signatureOf(model, text.slice(0, NONCE));
}

/** Signatures that are there must be this model's; in the turn that is going on, the first call of each answer must have one. */
export function checkSignatures(turns: readonly Turn[], model: string, refuse: Refuse): void {
  const current = turns.findLastIndex((turn) => turn.role === 'user' && responsesIn(turn).length === 0);
  for (const [n, turn] of turns.entries()) {
    for (const { thoughtSignature: signature, functionCall } of turn.parts) {
      const isForeign = signature === FOREIGN && functionCall !== undefined;
      const isGood = signature === undefined || isForeign || (typeof signature === 'string' && isGenuine(signature, model));
      if (!isGood) refuse('Corrupted thought signature.');
    }
    const [first] = callsIn(turn);
    if (n > current && first && first.thoughtSignature === undefined) {
      refuse(`Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call \`default_api:${String((first.functionCall as { name: string }).name)}\`, position ${n}.`);
    }
  }
}
