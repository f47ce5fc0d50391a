/** The few of ava's methods that contract tests use, on Node's own test runner: inside a guest there is no ava. */
import assert from 'node:assert/strict';
import { test as nodeTest } from 'node:test';

const execution = {
  true: (value, message) => assert.equal(value, true, message),
  false: (value, message) => assert.equal(value, false, message),
  is: (value, expected, message) => assert.ok(Object.is(value, expected), message ?? `${value} is not ${expected}`),
  deepEqual: (value, expected, message) => assert.deepEqual(value, expected, message),
  regex: (text, pattern, message) => assert.match(text, pattern, message),
  throws(body, { instanceOf } = {}) {
    try {
      body();
    } catch (error) {
      if (instanceOf) assert.ok(error instanceof instanceOf, `${error} is no ${instanceOf.name}`);
      return error;
    }
    return assert.fail('it did not throw');
  },
};

// biome-ignore lint/style/noDefaultExport: ava's own form.
export { test as default };

function test(title, body) {
  nodeTest(title, () => body(execution));
}
