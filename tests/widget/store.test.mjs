// The kiosk's store: what it promises anywhere, and what a disk does that a browser rarely shows.
import assert from "node:assert/strict";
import test from "node:test";

import { ASIDE, Store, WAITING } from "../../widget/kiosk/store.js";
import { FIRST_RELEASE, claims, writeFirstRelease } from "./store_claims.mjs";
import { Disk } from "./support/disk.mjs";
import { NOON, Stand, linkTo } from "./support/stand.mjs";
import { Time, idle } from "./support/time.mjs";

for (const [name, claim] of Object.entries(claims))
  test(name, async () => {
    const disk = new Disk();
    await claim(() => new Store(disk, new Time(NOON)), disk);
  });

test("the queue sends what the first release wrote, and takes over its link and PIN", async () => {
  const disk = new Disk();
  await writeFirstRelease(disk);
  const stand = await new Stand({ disk, link: linkTo("riverside") }).open();
  const [[key, item]] = stand.hub.stored;
  const { answer, device } = FIRST_RELEASE;
  assert.equal(key, answer.key);
  for (const name of ["survey", "language", "satisfaction", "trust", "comment"]) assert.equal(item[name], answer[name]);
  assert.deepEqual([item.drivers, item.questions], [answer.drivers, answer.questions]);
  assert.deepEqual([item.answered_at, item.clock_offset], [new Date(answer.at).toISOString(), answer.offset]);
  assert.deepEqual(await stand.counts(), { waiting: 0, aside: 0 });
  const status = await stand.queue.status();
  assert.deepEqual([status.pin, status.place, status.link], [device.pin, device.place, linkTo("riverside")]);
});

const row = { comment: "a", state: WAITING };

test("a full disk is said, and what it had stays", async () => {
  const disk = new Disk();
  const store = new Store(disk, new Time(NOON));
  await store.add(row, 9);
  disk.isFull = true;
  await assert.rejects(store.add(row, 9), { name: "QuotaExceededError" });
  await assert.rejects(store.remember("device", {}), { name: "QuotaExceededError" });
  const [answer] = await store.read(WAITING);
  await assert.rejects(store.put([{ ...answer, state: ASIDE }]), { name: "QuotaExceededError" });
  assert.deepEqual(await store.counts(), { waiting: 1, aside: 0 });
  await store.remove([answer]); // deleting needs no room
  assert.deepEqual(await store.counts(), { waiting: 0, aside: 0 });
});

test("a disk that hangs is a disk that fails, after ten seconds", async () => {
  const disk = new Disk();
  const time = new Time(NOON);
  const store = new Store(disk, time);
  await store.add(row, 9);
  disk.isStuck = true;
  const outcomes = [];
  store.add(row, 9).then(() => outcomes.push("kept"), (error) => outcomes.push(error.message));
  await time.forward(9000);
  assert.deepEqual(outcomes, []);
  await time.forward(2000);
  await time.forward(10000); // it has tried once more, on a fresh connection
  assert.deepEqual(outcomes, ["storage"]);
});

test("a database that the browser has closed is opened again", async () => {
  const disk = new Disk();
  const store = new Store(disk, new Time(NOON));
  await store.add(row, 9);
  disk.closeAll();
  await store.add({ ...row, comment: "b" }, 9);
  await idle();
  assert.equal((await store.counts()).waiting, 2);
});

test("a database of a later version is refused, not emptied", async () => {
  const disk = new Disk();
  const later = disk.open("cx-kiosk", 2);
  later.onupgradeneeded = () => {};
  await idle();
  await assert.rejects(new Store(disk, new Time(NOON)).counts(), { name: "VersionError" });
});

test("where there is no IndexedDB at all, nothing opens", async () => {
  await assert.rejects(new Store(undefined, new Time(NOON)).counts(), TypeError);
});
