// The answers of this device: written down before "Thank you", sent in order, and deleted only
// when the server has said of each that it has it. Nothing here knows the screen, nor the browser:
// the disk, the clock, the server and the time are handed in.
//
// open()          first of all; rejects where nothing can be kept
// keep(answer)    resolves to the answer's key once it is durably written
// state           open, full, ended, withdrawn, closed or storage
// Events: `state` when that changes, `settled` {key, status, code} when the server has decided
import { endOf } from "./device.js";
import { ASIDE, WAITING } from "./store.js";
import { uuid } from "./uuid.js";

const FULL = 5000;
const BATCH = 100;
const BYTES = 900000; // under the server's 1 MiB, headroom for the frame
const BEAT = 60000;
const LONGEST = 300000;
const HOUR = 3600000;
// The server has it, or will never have it as it is. Everything else is tried again.
const STORED = [200, 201, 409];
const HOPELESS = [400, 404, 410, 413, 422];

export class Queue extends EventTarget {
  #store;
  #clock;
  #device;
  #server;
  #time;
  #locks;
  #random;
  #state = "open";
  #opened;
  #timer;
  #failures = 0;
  #beaten = -Infinity;
  #isBusy = false;
  #isAskedAgain = false;
  #batch = BATCH;

  constructor({ store, clock, device, server, time, locks, random = Math.random }) {
    super();
    this.#store = store;
    this.#clock = clock;
    this.#device = device;
    this.#server = server;
    this.#time = time;
    this.#locks = locks;
    this.#random = random;
  }

  get state() {
    return this.#state;
  }

  open() {
    this.#opened ||= this.#start();
    return this.#opened;
  }

  async keep(answer) {
    const key = uuid();
    const { link, service, office } = this.#device.record;
    const record = { ...answer, key, link, service, office, ...this.#clock.now(), state: WAITING, why: null };
    try {
      await this.#store.add(record, FULL);
    } catch (error) {
      this.#become(error.name === "full" ? "full" : "storage");
      throw error;
    }
    this.send();
    return key;
  }

  async send() {
    this.#isAskedAgain = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#time.cancel(this.#timer);
    try {
      await this.#sendAll();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      this.#beaten = -Infinity;
    }
    this.#isBusy = false;
    await this.#look().catch(() => this.#become("storage"));
    this.#time.cancel(this.#timer); // somebody may have sent in the meantime
    this.#timer = this.#time.after(this.#pause(), () => this.send());
  }

  // The network is back, it seems: it may be a moment early, then soon again.
  reconnect() {
    this.#failures = 0;
    return this.send();
  }

  async retry() {
    await this.#store.revive();
    return this.send();
  }

  async status() {
    await this.open();
    const aside = await this.#store.read(ASIDE);
    const waiting = await this.#store.read(WAITING);
    const { record } = this.#device;
    return {
      ...record,
      aside,
      waiting: waiting.length,
      offices: [...new Set([...aside, ...waiting].map(({ office }) => office))],
      sent: await this.#store.recall("sent"),
      state: this.#state,
      ends: record.link && endOf(record.link),
      release: this.#device.release,
    };
  }

  // What was set aside, one a line: the office, why, and the answer. No link goes into a file.
  async copy() {
    const lines = (await this.#store.read(ASIDE)).map((answer) => {
      const { link, ...rest } = this.#item(answer);
      return JSON.stringify({ service: answer.service, office: answer.office, why: answer.why.code, ...rest });
    });
    return lines.join("\n") + "\n";
  }

  // ---- starting, and what may be done

  async #start() {
    try {
      await this.#device.load();
    } catch (error) {
      this.#state = "storage";
      throw error;
    }
    if (!this.#device.isKiosk) return;
    await this.#look();
    this.#watch();
    this.send();
  }

  #watch() {
    this.#clock.watch();
    this.#time.after(1000, () => this.#watch());
  }

  async #look() {
    const { waiting } = await this.#store.counts();
    this.#become(waiting >= FULL ? "full" : this.#device.state());
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("state"));
  }

  // ---- sending

  async #sendAll() {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      await this.#alone(() => this.#work());
    }
  }

  // Two windows on one device: one of them sends.
  #alone(work) {
    if (!this.#locks) return work();
    return this.#locks.request("cx-kiosk-send", { ifAvailable: true }, (lock) => lock && work());
  }

  async #work() {
    if (this.#time.steady() - this.#beaten > BEAT * 0.9) await this.#beat();
    const { aside } = await this.#store.counts();
    while (await this.#round());
    // Staff hear of what was set aside now, not in a minute.
    if ((await this.#store.counts()).aside !== aside) await this.#beat();
  }

  async #beat() {
    await this.#device.beat(this.#state);
    this.#beaten = this.#time.steady();
  }

  // One batch there, and what became of it. False when nothing is left to send.
  async #round() {
    const answers = await this.#next();
    if (!answers.length) return false;
    const { status, body } = await this.#server.post("/api/v1/responses", {
      device_now: new Date(this.#time.wall()).toISOString(), items: answers.map((answer) => this.#item(answer)),
    });
    if (status === 200 && isFor(body, answers)) {
      this.#batch = Math.min(BATCH, this.#batch * 2);
      await this.#done(answers.map((answer, at) => resultOf(answer, body.results[at])));
    } else if (body?.code && body.status === status && HOPELESS.includes(status)) {
      await this.#narrow(answers, () => this.#done([{ answer: answers[0], status, code: body.code }]));
    } else if (status >= 500 || status === 408 || status === 429) {
      throw new Error(`the server says ${status}`);
    } else {
      await this.#stepAround(answers);
    }
    return true;
  }

  // Not our server's word: something between us took offense. If the server itself is well, it is
  // at one answer: that one waits an hour, and the others go on.
  async #stepAround(answers) {
    await this.#beat();
    await this.#narrow(answers, () => this.#store.put([{ ...answers[0], later: this.#time.wall() + HOUR }]));
  }

  // Find the one that stands in the way.
  async #narrow(answers, whenAlone) {
    if (answers.length === 1) await whenAlone();
    else this.#batch = Math.ceil(answers.length / 2);
  }

  #next() {
    let size = 0;
    const now = this.#time.wall();
    const isEnough = (answer, before) => {
      size += new TextEncoder().encode(JSON.stringify(this.#item(answer))).length + 1;
      return before >= this.#batch || (before > 0 && size > BYTES);
    };
    return this.#store.read(WAITING, isEnough, ({ later }) => later > now && later <= now + HOUR);
  }

  #item(answer) {
    const { key, survey, language, satisfaction, trust, drivers, comment, questions } = answer;
    const item = {
      link: this.#device.linkFor(answer),
      key, survey, language, satisfaction, trust, drivers, comment, questions,
      answered_at: new Date(answer.at).toISOString(),
    };
    if (answer.offset !== null) item.clock_offset = answer.offset;
    if (answer.test) item.test = true;
    return item;
  }

  // Each result stands for itself: what the server has goes, what it will never take is set aside,
  // all else stays where it is and is sent again. First what makes room: the disk may be full.
  async #done(results) {
    const stored = results.filter(({ status }) => STORED.includes(status));
    const hopeless = results.filter(({ status }) => HOPELESS.includes(status));
    const at = this.#time.wall();
    await this.#store.remove(stored.map(({ answer }) => answer));
    this.#announce(stored);
    if (stored.length) await this.#store.remember("sent", at).catch(() => {});
    await this.#store.put(hopeless.map(({ answer, status, code }) => ({ ...answer, state: ASIDE, why: { status, code, at } })));
    this.#announce(hopeless);
    if (stored.length + hopeless.length < results.length) throw new Error("some are to be sent again");
  }

  #announce(results) {
    for (const { answer, status, code } of results)
      this.dispatchEvent(Object.assign(new Event("settled"), { key: answer.key, status, code }));
  }

  // Jitter: a building full of devices must not knock at the same moment.
  #pause() {
    const longest = this.#failures ? Math.min(LONGEST, 1000 * 2 ** this.#failures) : BEAT;
    return longest * (0.5 + this.#random() / 2);
  }
}

const isFor = (body, answers) => Boolean(body) && answers.every((answer, at) => body.results?.[at]?.key === answer.key);

const resultOf = (answer, { status, error }) => ({ answer, status, code: error?.code || "" });
