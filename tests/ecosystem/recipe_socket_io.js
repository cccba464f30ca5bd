// Socket.IO's servers on kvs through an adapter. Usage: node recipe_socket_io.js LINES [streams]
// LINES is a file with the page's lines; with "streams" they keep what clients have missed. Prints
// "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const fs = require('fs');
const { io: browser } = require('socket.io-client');
const { claim, comesTrue, exitAfter, Inbox } = require('./claims.js');

// What one process of an application has: its own server, with clients of its own.
async function started() {
  const { io } = new Function('require', fs.readFileSync(process.argv[2], 'utf8') + '\nreturn { io };')(require);
  io.listen(0);
  await new Promise((done) => (io.httpServer.listening ? done() : io.httpServer.once('listening', done)));
  return io;
}

async function visitor(io, room) {
  const joined = new Promise((done) => io.once('connection', (socket) => done(socket)));
  const client = browser('http://127.0.0.1:' + io.httpServer.address().port, {
    transports: ['websocket'], reconnectionDelay: 1 });
  await (await joined).join(room);
  return client;
}

// Returns once what a server sends comes to a client of another: who has just begun hears a little later.
async function hears(client, from) {
  let heard = false;
  client.once('first', () => { heard = true; });
  await comesTrue(async () => {
    from.emit('first');
    await from.fetchSockets();   // a round trip
    return heard;
  });
}

async function tests(what) {
  const [here, there] = [await started(), await started()];
  const clients = [await visitor(here, 'room'), await visitor(there, 'room'), await visitor(there, 'other')];
  const inboxes = clients.map((client) => {
    const inbox = new Inbox();
    client.on('said', (what) => inbox.put(what));   // streams add an offset
    return inbox;
  });
  await claim(what + ': servers know of each other\'s clients', async () => {
    await Promise.all([hears(clients[0], there), hears(clients[1], here)]);
    assert.strictEqual((await here.fetchSockets()).length, 3);
    assert.strictEqual((await here.in('room').fetchSockets()).length, 2);
  });
  await claim(what + ': what one server sends to a room comes to the clients of all', async () => {
    here.to('room').emit('said', 'grüße');
    assert.deepStrictEqual(await Promise.all([inboxes[0].next(), inboxes[1].next()]), Array(2).fill(['grüße']));
    there.emit('said', 'to everybody');
    assert.deepStrictEqual(await Promise.all([inboxes[0].next(), inboxes[1].next()]), Array(2).fill(['to everybody']));
    assert.deepStrictEqual(await inboxes[2].next(), ['to everybody']);
    assert(inboxes.every((inbox) => inbox.isEmpty));
  });
  await claim(what + ': servers ask each other and answer', async () => {
    there.on('sum', (a, b, answer) => answer(a + b));
    assert.deepStrictEqual(await here.serverSideEmitWithAck('sum', 1, 2), [3]);
  });
  return { here, clients, inboxes };
}

// The streams keep what a client has missed.
async function recovery(here, client, inbox) {
  await claim('Socket.IO by streams: a client that comes back gets what it has missed', async () => {
    const gone = new Promise((done) => client.once('disconnect', done));
    client.io.engine.close();
    await gone;
    here.to('room').emit('said', 'missed');
    assert.deepStrictEqual(await inbox.next(), ['missed']);
    assert.strictEqual(client.recovered, true);
  });
}

if (process.argv[3] === 'streams')
  exitAfter(tests('Socket.IO by streams').then(({ here, clients, inboxes }) => recovery(here, clients[1], inboxes[1])));
else
  exitAfter(tests('Socket.IO'));
