// When an answer was given, by the server's clock, though the tablet's own is wrong, is set, or sleeps.
import assert from "node:assert/strict";
import test from "node:test";

import { idle } from "./support/time.mjs";
import { DAY, Hub, NOON, Stand, json, randoms } from "./support/stand.mjs";

// A tablet whose clock is wrong by so much, and a server whose clock is right.
function standing(wrong = 0) {
  const stand = new Stand({ hub: new Hub(() => NOON + stand.time.steady() - 1000) });
  stand.time.set(wrong);
  stand.clock.watch();
  return stand.open();
}

const trueTime = (stand) => stand.hub.clock();

// When the server takes an item to have been given: as `intake` does, by the offset of the item, or
// else by how far the device's clock was off as it sent.
const dated = ({ answered_at, clock_offset, device_now, received }) => (
  Date.parse(answered_at) + (clock_offset === undefined ? received - Date.parse(device_now) : clock_offset * 1000)
);

async function cutOff(stand) {
  stand.hub.isAway = true;
  await stand.time.forward(100000);
}

async function connect(stand) {
  stand.hub.isAway = false;
  await stand.queue.reconnect();
  await idle();
}

const near = (actual, expected, words) => assert.ok(Math.abs(actual - expected) <= 1000, `${words}: off by ${(actual - expected) / 1000} s`);

test("a clock that is three days slow moves no answer", async () => {
  const stand = await standing(-3 * DAY);
  await cutOff(stand);
  const given = trueTime(stand);
  await stand.give("a");
  await stand.time.forward(3 * 3600000);
  await connect(stand);
  const [item] = stand.hub.arrived;
  assert.equal(item.clock_offset, 3 * 86400);
  near(dated(item), given, "slow");
});

for (const wrong of [-3 * DAY, 0])
  test(`an answer given before a clock off by ${wrong / DAY} days was set keeps the offset of its own time`, async () => {
    const stand = await standing(wrong);
    await cutOff(stand);
    const given = trueTime(stand);
    await stand.give("before");
    await stand.time.forward(60000);
    stand.time.set(3 * DAY);
    await stand.time.forward(60000);
    await connect(stand);
    near(dated(stand.hub.arrived[0]), given, "before");
  });

test("an answer given after the clock was set, and before the network is back, gets the new offset", async () => {
  const stand = await standing(-3 * DAY);
  await cutOff(stand);
  stand.time.set(2 * DAY);
  await stand.time.forward(5000);
  const given = trueTime(stand);
  await stand.give("after");
  assert.equal((await stand.store.read(0))[0].offset, null);
  await stand.time.forward(3600000);
  await connect(stand);
  assert.equal(stand.hub.arrived[0].clock_offset, 86400);
  near(dated(stand.hub.arrived[0]), given, "after");
});

test("in the very second in which the clock was set, too", async () => {
  const stand = await standing(-3 * DAY);
  await cutOff(stand);
  stand.time.set(2 * DAY);
  const given = trueTime(stand);
  await stand.give("at once");
  await connect(stand);
  near(dated(stand.hub.arrived[0]), given, "at once");
});

test("of answers around a clock that was set twice, none gets the offset of another time", async () => {
  const stand = await standing(-DAY);
  await cutOff(stand);
  const given = [];
  for (const [comment, shift] of [["first", 0], ["between", 5 * DAY], ["last", -4 * DAY]]) {
    stand.time.set(shift);
    await stand.time.forward(3000);
    given.push(trueTime(stand));
    await stand.give(comment);
  }
  await connect(stand);
  const [first, between, last] = stand.hub.arrived;
  near(dated(first), given[0], "first");
  assert.equal(between.clock_offset, undefined, "nobody has measured it: the server judges");
  near(dated(last), given[2], "last");
});

test("while the network is there, an answer right after the clock was set is dated right", async () => {
  const stand = await standing(-DAY);
  await stand.time.forward(10000);
  stand.time.set(7 * DAY);
  const given = trueTime(stand);
  await stand.give("online");
  near(dated(stand.hub.arrived[0]), given, "online");
});

test("drift of a second a minute is followed, measurement by measurement", async () => {
  const stand = await standing();
  for (let minute = 1; minute <= 30; minute += 1) {
    stand.time.set(-1000);
    await stand.time.forward(61000);
    assert.ok(Math.abs(stand.clock.offset - minute) <= 1, `minute ${minute}: ${stand.clock.offset}`);
  }
  await cutOff(stand);
  const given = trueTime(stand);
  await stand.give("drifted");
  await connect(stand);
  near(dated(stand.hub.arrived[0]), given, "drifted");
});

test("a clock that the system puts right by seconds is not one that was set: its answers are dated", async () => {
  const stand = new Stand();
  stand.hub.isAway = true;
  await stand.open();
  await stand.give("early");
  for (let n = 0; n < 10; n += 1) {
    stand.time.set(4000);
    await stand.time.forward(2000);
  }
  await connect(stand);
  assert.equal(stand.hub.arrived[0].clock_offset, 0);
});

test("a heartbeat that took eleven seconds measures nothing", async () => {
  const stand = await standing();
  let answer;
  stand.hub.intercept = (address) => {
    if (!address.endsWith("heartbeat")) return null;
    const now = new Date(trueTime(stand)).toISOString();
    stand.hub.intercept = () => null;
    return new Promise((done) => { answer = () => done(json(200, { now, open: true })); });
  };
  await stand.time.forward(60000);
  await stand.time.forward(11000);
  answer();
  await idle();
  assert.equal((await stand.queue.status()).offset, 0);
});

for (const [shift, offset] of [[11000, -11], [-3000, 3]])
  test(`a clock that moves by ${shift / 1000} s while a heartbeat is under way is measured by the next one`, async () => {
    const stand = await standing();
    stand.hub.beat = () => {
      stand.time.set(shift);
      stand.hub.beat = () => ({});
      return {};
    };
    await stand.time.forward(61000);
    assert.equal((await stand.queue.status()).offset, 0);
    await stand.time.forward(61000);
    assert.equal((await stand.queue.status()).offset, offset);
  });

test("the device judges the end of its link by the server's clock, not by its own", async () => {
  const stand = await standing(70 * DAY); // by its own clock, its link of 60 days has ended
  assert.equal(stand.queue.state, "open");
});

// Clocks that are set at random, networks that go at random: an answer with an offset has the right one.
test("through any settings of the clock, an offset that is sent is the offset of that answer", async () => {
  let offsets = 0;
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = randoms(seed);
    const stand = await standing(Math.floor((random() - 0.5) * 4 * DAY));
    const given = new Map();
    for (let n = 0; n < 25; n += 1) {
      if (random() < 0.3) stand.time.set(Math.floor((random() - 0.5) * DAY));
      if (random() < 0.3) stand.hub.isAway = !stand.hub.isAway;
      await stand.time.forward(Math.floor(random() * 90000));
      const now = trueTime(stand);
      const [key] = await stand.give(`${n}`);
      given.set(key, now);
    }
    await connect(stand);
    await stand.time.forward(5000);
    assert.equal(stand.hub.stored.size, 25);
    for (const item of stand.hub.arrived)
      if (item.clock_offset !== undefined) {
        offsets += 1;
        near(Date.parse(item.answered_at) + item.clock_offset * 1000, given.get(item.key), `seed ${seed}, answer ${item.comment}`);
      }
  }
  assert.ok(offsets > 300, `${offsets}`);
});
