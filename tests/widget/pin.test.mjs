// The PIN of a kiosk: judged without a network, and not to be guessed.
import assert from "node:assert/strict";
import { createHash, pbkdf2Sync } from "node:crypto";
import test from "node:test";

import { Tries, fits, proofOf, secretOf } from "../../widget/kiosk/pin.js";
import { Store } from "../../widget/kiosk/store.js";
import { Disk } from "./support/disk.mjs";
import { DAY, NOON, Stand, linkTo } from "./support/stand.mjs";
import { Time } from "./support/time.mjs";

const MINUTE = 60000;

for (const alphabet of ["base64", "base64url"])
  test(`a PIN fits its own hash and no other (${alphabet})`, async () => {
    const salt = Buffer.from([251, 255, 190, 3, 2, 1, 0, 9]); // both alphabets differ here
    const hash = pbkdf2Sync("482913", salt, 1000, 32, "sha256");
    const encoded = ["pbkdf2_sha256", 1000, salt.toString(alphabet), hash.toString(alphabet)].join("$");
    assert.equal(await fits("482913", encoded), true);
    for (const typed of ["482914", "", "4829130"]) assert.equal(await fits(typed, encoded), false, typed);
  });

async function guess(tries, times) {
  for (let n = 0; n < times; n += 1) await tries.count();
}

test("five wrong PINs lock it for five minutes, the next five for ten, half an hour at most", async () => {
  const time = new Time(NOON);
  const tries = new Tries(new Store(new Disk(), time), time);
  await guess(tries, 4);
  assert.equal(await tries.wait(), 0);
  for (const minutes of [5, 10, 20, 30, 30]) {
    await guess(tries, 1);
    assert.equal(await tries.wait(), minutes);
    time.set(minutes * MINUTE);
    assert.equal(await tries.wait(), 0);
    await guess(tries, 4);
  }
});

test("a fresh start is no fresh try, and the right PIN forgets the wrong ones", async () => {
  const [disk, time] = [new Disk(), new Time(NOON)];
  await guess(new Tries(new Store(disk, time), time), 5);
  const later = new Tries(new Store(disk, time), time);
  assert.equal(await later.wait(), 5);
  await later.forget();
  assert.equal(await later.wait(), 0);
  await guess(later, 4);
  assert.equal(await later.wait(), 0);
});

test("a clock that was set back locks nobody out for days, and after a day tries are forgiven", async () => {
  const time = new Time(NOON);
  const tries = new Tries(new Store(new Disk(), time), time);
  await guess(tries, 5);
  time.set(-3 * DAY);
  assert.equal(await tries.wait(), 0);
  await guess(tries, 1);
  time.set(2 * DAY);
  await guess(tries, 4);
  assert.equal(await tries.wait(), 0);
});

test("a device makes its secret once, and shows it in its own heartbeats and nowhere else", async () => {
  const stand = new Stand();
  const secret = await secretOf(stand.store);
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(await secretOf(new Store(stand.disk, stand.time)), secret);
  assert.equal(await proofOf(secret), createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex"));
  await stand.open();
  await stand.give("An answer.");
  await stand.counts();
  assert.equal(stand.hub.beats[0].secret, secret);
  assert.equal(JSON.stringify(stand.hub.arrived).includes(secret), false);
});

test("a device that was paired before there were secrets keeps the PIN it knows", async () => {
  const stand = new Stand();
  const { origin, pathname } = new URL(linkTo("riverside"));
  await stand.store.remember("device", { link: origin + pathname, service: "permits", office: "riverside", pin: "pbkdf2-sha256$1$c2FsdA==$aGFzaA==" });
  await stand.open();
  await stand.counts();
  assert.equal(stand.hub.beats[0].secret, "");
  assert.equal((await stand.queue.status()).pin, "pbkdf2-sha256$1$c2FsdA==$aGFzaA==");
});
