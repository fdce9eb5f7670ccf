// Before the product: a server whose requests and responses have Express's prototypes from the start, so that Express changes none.
import http from 'node:http';

const createServer = http.createServer;

http.createServer = (...all) => {
  const app = all.find((one) => typeof one === 'function' && one.request && one.response);
  if (!app) return createServer(...all);
  function Incoming(socket) {
    http.IncomingMessage.call(this, socket);
  }
  Incoming.prototype = app.request;
  function Outgoing(...parts) {
    http.ServerResponse.apply(this, parts);
  }
  Outgoing.prototype = app.response;
  const options = all.find((one) => typeof one === 'object') ?? {};
  return createServer({ ...options, IncomingMessage: Incoming, ServerResponse: Outgoing }, app);
};
