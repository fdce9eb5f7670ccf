const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : String(text));

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

/** Says what is wrong and what to do, and ends the process. */
export function stop(problem, remedy) {
  process.stderr.write(`${red('✗')} ${problem}\n  ${remedy}\n`);
  process.exit(1);
}

/** Seconds with one decimal for people. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
