// A kiosk on its stand, without a screen: the real queue, clock, device and store, on a disk, a time
// and a network that a test can take away.
import { webcrypto } from "node:crypto";

import { Clock } from "../../../widget/kiosk/clock.js";
import { Device } from "../../../widget/kiosk/device.js";
import { Queue } from "../../../widget/kiosk/queue.js";
import { Server } from "../../../widget/kiosk/server.js";
import { Store } from "../../../widget/kiosk/store.js";
import { Disk } from "./disk.mjs";
import { Time, idle } from "./time.mjs";

globalThis.crypto ??= webcrypto; // Node 18 hides it

export const NOON = Date.UTC(2026, 10, 2, 17);
export const DAY = 86400000;

// A link as the server makes it, as far as a device reads it: bytes 3 to 6 are its end.
export function linkTo(office, ends = NOON + 60 * DAY) {
  const bytes = Buffer.alloc(32, 7);
  bytes.writeUInt32BE(Math.floor(ends / 1000), 3);
  return `https://cx.example.gov/k/permits/${office}/${bytes.toString("base64url")}`;
}

// The server: keeps each answer once, by its key, and can be told to behave otherwise.
export class Hub {
  arrived = []; // every item that was ever received, in order
  stored = new Map();
  beats = [];
  clock;
  isAway = false;
  judge = () => null; // a status for an item, or null to store it
  beat = () => ({}); // more to say on a heartbeat
  intercept = () => null; // a whole response in the server's place

  constructor(clock) {
    this.clock = clock;
  }

  fetch = async (address, { body, signal }) => {
    await undefined;
    if (this.isAway || signal.aborted) throw new TypeError("fetch failed");
    const content = JSON.parse(body);
    const other = this.intercept(address, content);
    if (other) return other === SILENCE ? untilGivenUp(signal) : other;
    return address.endsWith("/k/heartbeat") ? this.#heartbeat(content) : this.#responses(content);
  };

  #heartbeat(content) {
    this.beats.push(content);
    const { status = 200, ...more } = this.beat(content);
    return json(status, { now: new Date(this.clock()).toISOString(), open: true, link: null, pin: null, place: "", release: "", ...more });
  }

  #responses({ device_now, items }) {
    const received = this.clock();
    this.arrived.push(...items.map((item) => ({ ...item, received, device_now })));
    return json(200, { results: items.map((item) => this.#result(item)) });
  }

  #result(item) {
    const [status, code] = [this.judge(item) ?? 201].flat();
    if (status !== 201) return { key: item.key, status, error: { code } };
    const isKnown = this.stored.has(item.key);
    if (!isKnown) this.stored.set(item.key, item);
    return { key: item.key, status: isKnown ? 200 : 201, error: null };
  }
}

// In the place of a response: none comes.
export const SILENCE = Symbol("silence");

const untilGivenUp = (signal) => new Promise((_, fail) => { signal.addEventListener("abort", () => fail(signal.reason)); });

export const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

export const html = (status, text) => new Response(text, { status, headers: { "content-type": "text/html" } });

// One start of the page. `disk`, `time` and `hub` outlive it.
export class Stand {
  states = [];
  settled = [];
  renewals = 0;
  shown = "";

  constructor({ disk = new Disk(), time = new Time(NOON), hub = null, link = linkTo("riverside"), locks, random = () => 1, ends = NOON + 365 * DAY, release = "a" } = {}) {
    this.disk = disk;
    this.time = time;
    this.hub = hub || new Hub(() => this.time.wall());
    this.store = new Store(disk, time);
    this.clock = new Clock(this.store, time);
    const { origin, pathname } = new URL(link);
    this.device = new Device({
      store: this.store,
      clock: this.clock,
      time,
      server: new Server(this.hub.fetch, time, ""),
      page: { origin, root: "", path: pathname, ends: new Date(ends).toISOString(), release },
      show: (path) => { this.shown = path; },
      renew: () => { this.renewals += 1; },
    });
    const server = new Server(this.hub.fetch, time, "");
    this.queue = new Queue({ store: this.store, clock: this.clock, device: this.device, server, time, locks, random });
    this.queue.addEventListener("state", () => this.states.push(this.queue.state));
    this.queue.addEventListener("settled", ({ key, status, code }) => this.settled.push({ key, status, code }));
  }

  async open() {
    await this.queue.open();
    await idle();
    return this;
  }

  // People who answer, one after another; the key of each answer.
  async give(...comments) {
    const keys = [];
    for (const comment of comments) {
      keys.push(await this.queue.keep(answer(comment)));
      await idle();
    }
    return keys;
  }

  async counts() {
    await idle();
    return this.store.counts();
  }
}

export const answer = (comment) => (
  { survey: "permits/1", language: "en", satisfaction: 4, trust: 4, drivers: [], comment, questions: {} }
);

export const comments = (items) => [...items].map(({ comment }) => comment);

// A row of numbers that is the same in every run: mulberry32.
export function randoms(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
