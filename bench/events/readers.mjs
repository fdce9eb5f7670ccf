// Readers of event streams as a process of their own, on plain sockets. {open: [{url, headers}]} opens some; {take: true} gives what came since, per frame:
// its number and when each reader had it; {close: true} ends them.
import { connect } from 'node:net';

let sockets = [];
let arrivals = [];

process.on('disconnect', () => process.exit(0));
process.on('message', async (job) => {
  if (job.open) {
    await Promise.all(job.open.map((one, n) => open(one, sockets.length + n)));
    process.send({ open: sockets.length });
  }
  if (job.take) process.send({ arrivals: arrivals.splice(0) });
  if (job.close) {
    for (const socket of sockets.splice(0)) socket.destroy();
    arrivals = [];
    process.send({ closed: true });
  }
});

function open({ url, headers }, reader) {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`));
    sockets.push(socket);
    let rest = '';
    let isOpen = false;
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('data', (text) => {
      const at = performance.timeOrigin + performance.now();
      rest += text;
      if (!isOpen && rest.includes('\r\n\r\n')) {
        if (!rest.startsWith('HTTP/1.1 200')) return reject(new Error(rest.slice(0, 400)));
        isOpen = true;
        resolve();
      }
      const end = rest.lastIndexOf('\n\n');
      if (end < 0) return;
      for (const [, seq] of rest.slice(0, end + 1).matchAll(/(?:^|\n)id: (\d+)\n/g)) arrivals.push([reader, Number(seq), at]);
      rest = rest.slice(end + 1);
    });
  });
}
