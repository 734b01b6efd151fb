// Whether somebody is at the kiosk.
import assert from "node:assert/strict";
import test from "node:test";

import { NOTICE, Presence } from "../../widget/kiosk/presence.js";
import { NOON } from "./support/stand.mjs";
import { Time } from "./support/time.mjs";

function standing() {
  const time = new Time(NOON);
  return { time, presence: new Presence(time) };
}

test("half a minute without a sign is quiet, and a sign ends it", async () => {
  const { time, presence } = standing();
  await time.forward(29000);
  assert.equal(presence.isQuiet(), false);
  await time.forward(1000);
  assert.equal(presence.isQuiet(), true);
  presence.sign();
  assert.equal(presence.isQuiet(), false);
});

test("whoever is asked has half a minute, counted from the question", async () => {
  const { time, presence } = standing();
  await time.forward(45000);
  presence.ask();
  assert.equal(presence.left(), NOTICE);
  await time.forward(10500);
  assert.equal(presence.left(), 20);
  await time.forward(20000);
  assert.ok(presence.left() <= 0);
});

test("the thanks stay ten seconds after the last sign, and half a minute at most", async () => {
  const { time, presence } = standing();
  presence.show();
  await time.forward(8000);
  presence.sign();
  await time.forward(9000);
  assert.equal(presence.areThanksOver(), false);
  await time.forward(1000);
  assert.equal(presence.areThanksOver(), true);
  presence.show();
  for (let n = 0; n < 3; n += 1) {
    await time.forward(9000);
    presence.sign();
    assert.equal(presence.areThanksOver(), false);
  }
  await time.forward(3000);
  assert.equal(presence.areThanksOver(), true);
});

test("a second press within half a second is a slip", async () => {
  const { time, presence } = standing();
  presence.show();
  await time.forward(400);
  assert.equal(presence.isSlip(), true);
  await time.forward(200);
  assert.equal(presence.isSlip(), false);
});

for (const shift of [61000, -61000])
  test(`a wall's clock that moves ${shift / 1000} s by itself is a device that slept, told once`, async () => {
    const { time, presence } = standing();
    await time.forward(600000);
    assert.equal(presence.woke(), false);
    time.set(shift);
    assert.equal(presence.woke(), true);
    assert.equal(presence.woke(), false);
  });

test("a wall's clock that is put right by a second now and then is no sleep", async () => {
  const { time, presence } = standing();
  for (let n = 0; n < 120; n += 1) {
    time.set(1000);
    await time.forward(1000);
    assert.equal(presence.woke(), false);
  }
});

test("who hid the page for more than a minute is somebody else when it comes back", () => {
  const { time, presence } = standing();
  assert.equal(presence.wasAway(), true, "it was never hidden: nobody is known");
  presence.hide();
  time.set(59000);
  assert.equal(presence.wasAway(), false);
  time.set(2000);
  assert.equal(presence.wasAway(), true);
});
