// Express sessions and ioredis with the lines of docs/recipes.md. Usage: node recipe_node.js APP IOREDIS
// APP and IOREDIS are files with the page's lines. Prints "ok - claim" or "not ok - claim"; exits with 1 when one
// failed.
'use strict';

const fs = require('fs');

let failures = 0;

function claim(what, holds) {
  failures += holds ? 0 : 1;
  console.log((holds ? 'ok' : 'not ok') + ' - Node: ' + what);
}

// What the page's lines define.
function linesOf(path, names) {
  return new Function('require', fs.readFileSync(path, 'utf8') + '\nreturn { ' + names + ' };')(require);
}

async function express() {
  const { app, client } = linesOf(process.argv[2], 'app, client');
  app.get('/', (request, response) => {
    request.session.visits = (request.session.visits || 0) + 1;
    response.send(String(request.session.visits));
  });
  app.get('/end', (request, response) => request.session.destroy(() => response.send('ended')));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const base = 'http://127.0.0.1:' + server.address().port;
  const get = async (path, cookie) => {
    const answer = await fetch(base + path, cookie ? { headers: { cookie } } : {});
    const set = answer.headers.get('set-cookie');
    return { text: await answer.text(), cookie: set ? set.split(';')[0] : cookie };
  };
  const first = await get('/');
  const other = await get('/');
  const texts = [first.text, (await get('/', first.cookie)).text, other.text, (await get('/', first.cookie)).text];
  claim('Express: visits are counted, each visitor\'s by itself', texts.join() === '1,2,1,3');
  claim('Express: its client is in its database', / db=5 /.test(await client.sendCommand(['CLIENT', 'INFO'])));
  const keys = [];
  for await (const batch of client.scanIterator({ MATCH: 'shop:*' })) keys.push(...[].concat(batch));
  const ttl = await client.ttl(keys[0]);
  claim('Express: kvs has the sessions, with prefix and time to live',
    keys.length === 2 && ttl > 86000 && ttl <= 86400);
  await get('/end', first.cookie);
  claim('Express: a session ends', (await client.dbSize()) === 1 && (await get('/', first.cookie)).text === '1');
  claim('node-redis: multi()', JSON.stringify(await client.multi().set('m', '1').incr('m').exec()) === '["OK",2]');
  await client.del('m');
  server.close();
  server.closeAllConnections();
  client.destroy();
}

async function ioredis() {
  const { kvs } = linesOf(process.argv[3], 'kvs');
  claim('ioredis: SET and GET in its database', (await kvs.set('k', 'ü')) === 'OK' && (await kvs.get('k')) === 'ü' &&
    / db=6 /.test(await kvs.client('INFO')));
  const replies = await kvs.pipeline().incr('n').get('n').exec();
  claim('ioredis: pipeline()', JSON.stringify(replies) === '[[null,1],[null,"1"]]');
  claim('ioredis: multi()', JSON.stringify(await kvs.multi().set('m', '1').incr('m').exec()) === '[[null,"OK"],[null,2]]');
  kvs.disconnect();
}

express().then(ioredis).then(() => process.exit(failures ? 1 : 0), (error) => {
  console.log('not ok - Node: the program ends: ' + String(error.stack).split('\n').join(' '));
  process.exit(1);
});
