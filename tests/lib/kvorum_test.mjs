// What the Node.js programs under tests/ share: test() and run(), which prints TAP and the line that counts for tests/run.
import process from "node:process";

export { strict as assert } from "node:assert";

export const host = process.env.KVORUM_HOST;
export const port = Number(process.env.KVORUM_PORT);

const kTestTimeoutMs = 60000;
const tests = [];

export function test(name, body) {
  tests.push({ name, body });
}

// The next `event` of an emitter, as an array of its arguments.
export function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

// Calls probe until it gives something true, and returns that.
export async function until(probe) {
  for (;;) {
    const value = await probe();
    if (value) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function withDeadline(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${kTestTimeoutMs} ms`)), kTestTimeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Runs the tests one after another; each gets what `before` returns, which `after` then gets too.
export async function run({ before = async () => undefined, after = async () => undefined } = {}) {
  let failed = 0;
  for (const [index, { name, body }] of tests.entries()) {
    try {
      await withDeadline((async () => {
        const context = await before();
        try {
          await body(context);
        } finally {
          await after(context);
        }
      })());
      console.log(`ok ${index + 1} - ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${index + 1} - ${name}\n${String(error.stack ?? error).replace(/^/gm, "  ")}`);
    }
  }
  console.log(`${tests.length - failed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}
