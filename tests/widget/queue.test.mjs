// The queue: what the server has leaves the device, what it does not have stays, and nothing else.
import assert from "node:assert/strict";
import test from "node:test";

import { idle } from "./support/time.mjs";
import { DAY, NOON, SILENCE, Stand, answer, comments, html, json, linkTo, randoms } from "./support/stand.mjs";

const away = (stand) => { stand.hub.isAway = true; };
const back = async (stand) => {
  stand.hub.isAway = false;
  await stand.queue.reconnect();
  await idle();
};

// ---- several at once, and some of them fail

test("of a batch answered 201, 503, 201 the middle one stays, and is sent again", async () => {
  const stand = await new Stand().open();
  away(stand);
  const [first, second, third] = await stand.give("first", "second", "third");
  stand.hub.judge = ({ comment }) => (comment === "second" ? 503 : null);
  await back(stand);
  assert.deepEqual(comments(stand.hub.stored.values()), ["first", "third"]);
  assert.deepEqual(comments(await stand.store.read(0)), ["second"]);
  assert.deepEqual(stand.settled, [{ key: first, status: 201, code: "" }, { key: third, status: 201, code: "" }]);
  stand.hub.judge = () => null;
  await stand.time.forward(3000);
  assert.deepEqual(comments(stand.hub.arrived), ["first", "second", "third", "second"]);
  assert.deepEqual(await stand.counts(), { waiting: 0, aside: 0 });
  assert.equal(stand.settled[2].key, second);
});

for (const status of [200, 201, 409])
  test(`what the server answers with ${status} it has: it leaves the device`, async () => {
    const stand = await new Stand().open();
    stand.hub.judge = () => (status === 201 ? null : status);
    await stand.give("there");
    assert.deepEqual(await stand.counts(), { waiting: 0, aside: 0 });
    assert.equal((await stand.queue.status()).sent, NOON);
  });

for (const status of [400, 404, 410, 413, 422])
  test(`what the server answers with ${status} is set aside with its reason, and staff hear of it`, async () => {
    const stand = await new Stand().open();
    stand.hub.judge = ({ comment }) => (comment === "bad" ? [status, "why"] : null);
    away(stand);
    await stand.give("good", "bad", "also good");
    await back(stand);
    const [aside] = await stand.store.read(1);
    assert.deepEqual({ ...aside.why, comment: aside.comment }, { status, code: "why", at: NOON, comment: "bad" });
    assert.deepEqual(comments(stand.hub.stored.values()), ["good", "also good"]);
    assert.deepEqual(await stand.counts(), { waiting: 0, aside: 1 });
    assert.equal(stand.hub.beats.at(-1).aside, 1);
  });

for (const status of [401, 403, 408, 418, 429, 500, 502, 503, 504, 507])
  test(`what the server answers with ${status} stays and is sent again`, async () => {
    const stand = await new Stand().open();
    stand.hub.judge = () => status;
    await stand.give("patient");
    assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
    stand.hub.judge = () => null;
    await stand.time.forward(10000);
    assert.deepEqual(comments(stand.hub.stored.values()), ["patient"]);
    assert.deepEqual(await stand.counts(), { waiting: 0, aside: 0 });
  });

test("a reply about other answers settles none of ours", async () => {
  const stand = await new Stand().open();
  stand.hub.intercept = (address) => (address.endsWith("/responses") ? json(200, { results: [{ key: "another", status: 201 }] }) : null);
  await stand.give("ours");
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
});

test("neither does a network that wants people to sign in", async () => {
  const stand = await new Stand().open();
  stand.hub.intercept = () => html(200, "<h1>Welcome");
  await stand.give("ours");
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
});

// Whatever the server answers, at whatever time: every answer is in exactly one place.
test("the quantities agree: given = stored + set aside + waiting, through any replies", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = randoms(seed);
    const statuses = [null, null, null, 409, 410, 422, 429, 500, 503];
    const stand = await new Stand({ random }).open();
    stand.hub.judge = () => statuses[Math.floor(random() * statuses.length)];
    const given = [];
    const taken = new Set();
    stand.queue.addEventListener("settled", ({ key, status }) => [200, 201, 409].includes(status) && taken.add(key));
    for (let n = 0; n < 30; n += 1) {
      stand.hub.isAway = random() < 0.4;
      given.push(...await stand.give(`${n}`));
      await stand.time.forward(Math.floor(random() * 20000));
      const waiting = await stand.store.read(0);
      const aside = await stand.store.read(1);
      const places = [...taken, ...waiting.map(({ key }) => key), ...aside.map(({ key }) => key)];
      assert.deepEqual(places.sort(), [...given].sort(), `seed ${seed}, answer ${n}`);
    }
    assert.ok(taken.size > 0);
    for (const key of stand.hub.stored.keys()) assert.ok(given.includes(key));
  }
});

// ---- order, and when it is tried again

test("the oldest answer is sent first, whatever the clock on the wall did in between", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give("a", "b");
  stand.time.set(-3 * DAY);
  await stand.give("c");
  stand.time.set(5 * DAY);
  await stand.give("d");
  await back(stand);
  assert.deepEqual(comments(stand.hub.arrived), ["a", "b", "c", "d"]);
});

test("who does not get through waits twice as long each time, five minutes at most", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give("patient");
  const pauses = [];
  for (let n = 0; n < 11; n += 1) {
    pauses.push(Math.max(...stand.time.pauses()));
    await stand.time.forward(pauses.at(-1));
  }
  assert.deepEqual(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1000));
});

test("devices do not knock at the same moment: each waits between half the time and all of it", async () => {
  for (const [random, pause] of [[0, 30000], [0.5, 45000], [1, 60000]]) {
    const stand = await new Stand({ random: () => random }).open();
    assert.equal(Math.max(...stand.time.pauses()), pause);
  }
});

test("when the network is back it sends at once, and after a false start soon again", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give("patient");
  await stand.time.forward(200000);
  await stand.queue.reconnect();
  await idle();
  assert.equal(Math.max(...stand.time.pauses()), 2000);
  await back(stand);
  assert.deepEqual(comments(stand.hub.stored.values()), ["patient"]);
});

test("a request that nobody answers is given up after half a minute, and sent again", async () => {
  const stand = await new Stand().open();
  let silences = 0;
  stand.hub.intercept = (address) => {
    if (!address.endsWith("/responses") || silences) return null;
    silences += 1;
    return SILENCE;
  };
  const [key] = await stand.give("patient");
  assert.equal(silences, 1);
  await stand.time.forward(29000);
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
  await stand.time.forward(5000);
  assert.deepEqual([...stand.hub.stored.keys()], [key]);
});

test("one that was stored, but whose reply got lost, is sent again and leaves", async () => {
  const stand = await new Stand().open();
  const [key] = await lose(stand, "unsure");
  assert.deepEqual([...stand.hub.stored.keys()], [key]);
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
  await stand.time.forward(3000);
  assert.deepEqual(await stand.counts(), { waiting: 0, aside: 0 });
  assert.equal(stand.settled[0].status, 200);
});

// The server stores it; the way back is cut.
async function lose(stand, comment) {
  stand.hub.judge = ({ key }) => {
    stand.hub.stored.set(key, { comment });
    stand.hub.judge = () => null;
    return 504;
  };
  return stand.give(comment);
}

// ---- what stands in the way of the others

test("what a proxy finds too large is sent in halves until it fits", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give(...Array.from({ length: 20 }, (_, n) => `${n}`));
  const sizes = [];
  stand.hub.intercept = (address, { items }) => {
    if (!items) return null;
    sizes.push(items.length);
    return items.length > 6 ? html(413, "too large") : null;
  };
  await back(stand);
  assert.deepEqual(sizes.slice(0, 3), [20, 10, 5]);
  assert.equal(stand.hub.stored.size, 20);
});

test("a batch that the server refuses as a whole costs only the answer that is at fault", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give("a", "b", "broken", "d");
  stand.hub.intercept = (address, { items }) => (
    items?.some(({ comment }) => comment === "broken") ? json(422, { status: 422, code: "invalid" }) : null
  );
  await back(stand);
  assert.deepEqual(comments(await stand.store.read(1)), ["broken"]);
  assert.deepEqual(comments(stand.hub.stored.values()).sort(), ["a", "b", "d"]);
});

test("an answer at which a wall takes offense waits an hour, and the others go on", async () => {
  const stand = await new Stand().open();
  stand.hub.intercept = (address, { items }) => (items?.some(({ comment }) => comment === "OR 1=1") ? html(403, "blocked") : null);
  away(stand);
  await stand.give("OR 1=1", "b", "c");
  await back(stand);
  assert.deepEqual(comments(stand.hub.stored.values()).sort(), ["b", "c"]);
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
  stand.hub.intercept = () => null;
  await stand.time.forward(30 * 60000);
  assert.equal(stand.hub.stored.size, 2);
  await stand.time.forward(32 * 60000);
  assert.equal(stand.hub.stored.size, 3);
});

test("what was set aside gets another chance once a day, unless it can never fit", async () => {
  const stand = await new Stand().open();
  const codes = { later: [410, "survey_closed"], never: [422, "invalid"] };
  stand.hub.judge = ({ comment }) => codes[comment] || null;
  await stand.give("later", "never");
  assert.equal((await stand.counts()).aside, 2);
  stand.hub.judge = () => null;
  await stand.time.forward(DAY - 300000);
  assert.equal(stand.hub.stored.size, 0);
  await stand.time.forward(600000);
  assert.deepEqual(comments(stand.hub.stored.values()), ["later"]);
  await stand.queue.retry(); // staff ask for it
  assert.deepEqual(comments(stand.hub.stored.values()), ["later", "never"]);
});

// ---- two windows, a second start

test("two windows on one device send each answer once, where the browser has locks", async () => {
  const locks = new Locks();
  const one = await new Stand({ locks }).open();
  const two = await new Stand({ locks, disk: one.disk, time: one.time, hub: one.hub }).open();
  away(one);
  await one.give("a", "b");
  await two.give("c");
  one.hub.isAway = false;
  await Promise.all([one.queue.send(), two.queue.send()]);
  assert.deepEqual(comments(one.hub.arrived), ["a", "b", "c"]);
  assert.deepEqual(await one.counts(), { waiting: 0, aside: 0 });
});

test("without locks an answer may be sent twice, and is stored once", async () => {
  const one = await new Stand().open();
  const two = await new Stand({ disk: one.disk, time: one.time, hub: one.hub }).open();
  away(one);
  await one.give("a", "b");
  one.hub.isAway = false;
  await Promise.all([one.queue.send(), two.queue.send()]);
  assert.equal(one.hub.stored.size, 2);
  assert.deepEqual(await one.counts(), { waiting: 0, aside: 0 });
});

// As a browser's, for `ifAvailable`.
class Locks {
  #names = new Set();

  async request(name, { ifAvailable }, work) {
    assert.ok(ifAvailable);
    if (this.#names.has(name)) return work(null);
    this.#names.add(name);
    try {
      return await work({ name });
    } finally {
      this.#names.delete(name);
    }
  }
}

test("after a power cut the page finds what it had written down, and sends it", async () => {
  const before = await new Stand().open();
  away(before);
  await before.give("a", "b");
  const after = await new Stand({ disk: before.disk, hub: before.hub }).open();
  assert.deepEqual(await after.counts(), { waiting: 2, aside: 0 });
  await back(after);
  assert.deepEqual(comments(after.hub.stored.values()), ["a", "b"]);
});

// ---- what it says of itself

test("a disk that is full keeps nothing, says so, and takes answers again when it has room", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give("before");
  stand.disk.isFull = true;
  await assert.rejects(stand.queue.keep(answer("lost")), { name: "QuotaExceededError" });
  assert.equal(stand.queue.state, "storage");
  assert.deepEqual(await stand.counts(), { waiting: 1, aside: 0 });
  stand.disk.isFull = false;
  await stand.give("after");
  await back(stand);
  assert.equal(stand.queue.state, "open");
  assert.deepEqual(comments(stand.hub.stored.values()), ["before", "after"]);
});

test("a full disk empties itself: what waits on it is sent, and makes room", async () => {
  const stand = await new Stand().open();
  away(stand);
  stand.hub.judge = ({ comment }) => (comment === "bad" ? [422, "invalid"] : null);
  await stand.give("a", "bad", "c");
  stand.disk.isFull = true;
  await back(stand);
  assert.deepEqual(comments(stand.hub.stored.values()), ["a", "c"]);
  assert.deepEqual(comments(await stand.store.read(0)), ["bad"]);
  stand.disk.isFull = false;
  await stand.time.forward(5000);
  assert.deepEqual(await stand.counts(), { waiting: 0, aside: 1 });
});

test("a full disk is no failure to send: the next batch goes at once", async () => {
  const stand = await new Stand().open();
  away(stand);
  await stand.give(...Array.from({ length: 150 }, (_, n) => `${n}`));
  stand.disk.isFull = true;
  await back(stand);
  await idle();
  assert.equal(stand.hub.stored.size, 150);
});

test("a link that ends turns people away, and what was given before is still sent", async () => {
  const stand = await new Stand({ link: linkTo("riverside", NOON + 60000) }).open();
  away(stand);
  await stand.give("in time");
  await stand.time.forward(400000);
  assert.equal(stand.queue.state, "ended");
  await back(stand);
  assert.deepEqual(comments(stand.hub.stored.values()), ["in time"]);
});

test("without a valid control number nobody is asked, network or not", async () => {
  const stand = await new Stand({ ends: NOON + 60000 }).open();
  away(stand);
  await stand.give("in time");
  await stand.time.forward(400000);
  assert.equal(stand.queue.state, "closed");
});

for (const [code, state] of [["revoked", "withdrawn"], ["not_found", "withdrawn"], ["expired", "ended"], ["survey_closed", "closed"]])
  test(`a heartbeat refused as ${code} makes the device ${state}, and a new link makes it open`, async () => {
    const stand = await new Stand().open();
    stand.hub.beat = () => ({ status: 410, code });
    stand.hub.judge = () => [410, code];
    await stand.give("between");
    await stand.time.forward(70000);
    assert.equal(stand.queue.state, state);
    assert.deepEqual(await stand.counts(), { waiting: 0, aside: 1 });
    stand.hub.beat = () => ({});
    stand.hub.judge = () => null;
    const paired = await new Stand({ disk: stand.disk, time: stand.time, hub: stand.hub, link: linkTo("riverside", NOON + 61 * DAY) }).open();
    assert.equal(paired.queue.state, "open");
    assert.deepEqual(comments(stand.hub.stored.values()), ["between"]);
  });

test("a device that moves to another office sends its old answers under their own link", async () => {
  const old = await new Stand().open();
  away(old);
  await old.give("at riverside");
  const moved = await new Stand({ disk: old.disk, time: old.time, hub: old.hub, link: linkTo("hilltop") }).open();
  await moved.give("at hilltop");
  await back(moved);
  assert.deepEqual(moved.hub.arrived.map(({ comment, link }) => [comment, link.split("/")[5]]), [
    ["at riverside", "riverside"], ["at hilltop", "hilltop"],
  ]);
});

test("a newer page is asked for at most once an hour, and not when it is the same", async () => {
  const stand = await new Stand({ release: "a" }).open();
  stand.hub.beat = () => ({ release: "a" });
  await stand.time.forward(120000);
  assert.equal(stand.renewals, 0);
  stand.hub.beat = () => ({ release: "b" });
  await stand.time.forward(50 * 60000);
  assert.equal(stand.renewals, 1);
  await stand.time.forward(15 * 60000);
  assert.equal(stand.renewals, 2);
});

test("a file of what was set aside names office and reason, and holds no link", async () => {
  const stand = await new Stand().open();
  stand.hub.judge = () => [422, "invalid"];
  await stand.give("bad");
  const line = JSON.parse(await stand.queue.copy());
  assert.deepEqual([line.office, line.why, line.comment], ["riverside", "invalid", "bad"]);
  assert.ok(!(await stand.queue.copy()).includes("https://"));
});
