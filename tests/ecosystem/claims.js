// What the programs for node share: claims, and waiting for what a server sends or comes to say.
'use strict';

const PATIENCE = 20000;   // milliseconds for one claim, and for what must come true
let failures = 0;

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(what + ' took more than ' + PATIENCE + ' ms')), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Prints "ok - what" or "not ok - what: why".
async function claim(what, test) {
  try {
    await within(test(), 'this');
    console.log('ok - ' + what);
  } catch (error) {
    failures++;
    console.log('not ok - ' + what + ': ' + String(error.message).split('\n').join(' '));
  }
}

// Resolves once holds() gives true; for what nobody announces.
async function comesTrue(holds) {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came true: ' + holds);
  }
}

// Keeps what a listener is called with, in order, until somebody asks for it.
class Inbox {
  #kept = [];
  #wanted = [];

  put = (...what) => {
    const waiting = this.#wanted.shift();
    if (waiting) waiting(what);
    else this.#kept.push(what);
  };

  // The arguments of the next call, which may have come already.
  next() {
    if (this.#kept.length > 0) return Promise.resolve(this.#kept.shift());
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  // Those of the next calls.
  async many(count) {
    const all = [];
    while (all.length < count) all.push(await this.next());
    return all;
  }

  get isEmpty() {
    return this.#kept.length === 0;
  }
}

// Ends the program after the last claim: with 1 when one failed, or when the tests themselves ended badly.
function exitAfter(tests) {
  tests.then(() => process.exit(failures ? 1 : 0), (error) => {
    console.log('not ok - the program ends: ' + String(error.stack).split('\n').join(' '));
    process.exit(1);
  });
}

module.exports = { claim, comesTrue, Inbox, exitAfter };
