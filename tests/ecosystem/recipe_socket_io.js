// Socket.IO's servers on kvs through their adapter. Usage: node recipe_socket_io.js LINES
// LINES is a file with the page's lines. Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const fs = require('fs');
const { io: browser } = require('socket.io-client');
const { claim, exitAfter, Inbox } = require('./claims.js');

// What one process of an application has: its own server, with clients of its own.
async function started() {
  const { io } = new Function('require', fs.readFileSync(process.argv[2], 'utf8') + '\nreturn { io };')(require);
  io.listen(0);
  await new Promise((done) => (io.httpServer.listening ? done() : io.httpServer.once('listening', done)));
  return io;
}

async function visitor(io, room) {
  const joined = new Promise((done) => io.once('connection', (socket) => done(socket)));
  const client = browser('http://127.0.0.1:' + io.httpServer.address().port, { transports: ['websocket'] });
  await (await joined).join(room);
  return client;
}

async function tests() {
  const [here, there] = [await started(), await started()];
  const clients = [await visitor(here, 'room'), await visitor(there, 'room'), await visitor(there, 'other')];
  const inboxes = clients.map((client) => {
    const inbox = new Inbox();
    client.on('said', inbox.put);
    return inbox;
  });
  await claim('Socket.IO: servers know of each other\'s clients', async () => {
    assert.strictEqual((await here.fetchSockets()).length, 3);
    assert.strictEqual((await here.in('room').fetchSockets()).length, 2);
  });
  await claim('Socket.IO: what one server sends to a room comes to the clients of all', async () => {
    here.to('room').emit('said', 'grüße', 1);
    assert.deepStrictEqual(await Promise.all([inboxes[0].next(), inboxes[1].next()]), Array(2).fill(['grüße', 1]));
    there.emit('said', 'to everybody');
    assert.deepStrictEqual(await Promise.all([inboxes[0].next(), inboxes[1].next()]), Array(2).fill(['to everybody']));
    assert.deepStrictEqual(await inboxes[2].next(), ['to everybody']);
    assert(inboxes.every((inbox) => inbox.isEmpty));
  });
  await claim('Socket.IO: servers ask each other and answer', async () => {
    there.on('sum', (a, b, answer) => answer(a + b));
    assert.deepStrictEqual(await here.serverSideEmitWithAck('sum', 1, 2), [3]);
  });
}

exitAfter(tests());
