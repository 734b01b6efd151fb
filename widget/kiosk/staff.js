// The staff corner: five taps in the upper corner, or Ctrl+Alt+S, then the device's PIN. It shows
// what the device holds and how it is, and sends, tests and pairs. It shows no answer.
import { Tries, fits } from "./pin.js";

const TAPS = 5;
const WITHIN = 3000;
const CORNER = 96;
const LEFT_ALONE = 120000;
const SOON = 15000;

export class StaffCorner {
  #queue;
  #offline;
  #tries;
  #taps = [];
  #dialog = null;
  #alone;
  #testKey = null;
  #isGuessing = false;

  constructor({ queue, offline, store, time }) {
    this.#queue = queue;
    this.#offline = offline;
    this.#tries = new Tries(store, time);
  }

  listen() {
    addEventListener("pointerdown", (event) => this.#tap(event), true);
    addEventListener("keydown", (event) => {
      if (!event.ctrlKey || !event.altKey || event.code !== "KeyS") return;
      event.preventDefault();
      this.#open();
    });
    this.#queue.addEventListener("settled", (event) => this.#settle(event));
  }

  #tap({ clientX, clientY, timeStamp }) {
    if (clientX > CORNER || clientY > CORNER) {
      this.#taps = [];
      return;
    }
    this.#taps = [...this.#taps, timeStamp].filter((time) => timeStamp - time < WITHIN);
    if (this.#taps.length >= TAPS) this.#open();
  }

  // ---- opening and closing

  async #open() {
    this.#taps = [];
    if (this.#dialog) return;
    const dialog = this.#dialog = staffTemplate().content.firstElementChild.cloneNode(true);
    document.body.append(dialog);
    dialog.addEventListener("close", () => this.#leave());
    dialog.addEventListener("click", (event) => this.#act(event));
    dialog.addEventListener("submit", (event) => this.#enter(event));
    for (const kind of ["pointerdown", "keydown"]) dialog.addEventListener(kind, () => this.#stay());
    dialog.showModal();
    this.#stay();
    const { pin } = await this.#queue.status().catch(() => ({}));
    if (this.#dialog) this.#offer(pin && crypto.subtle);
  }

  #offer(isAble) {
    this.#find("lock").hidden = !isAble;
    this.#find("unpaired").hidden = isAble;
    if (isAble) this.#find("pin").focus();
  }

  #stay() {
    clearTimeout(this.#alone);
    this.#alone = setTimeout(() => this.#dialog?.close(), LEFT_ALONE);
  }

  #leave() {
    clearTimeout(this.#alone);
    this.#dialog.remove();
    this.#dialog = null;
    this.#testKey = null;
  }

  // ---- the PIN

  async #enter(event) {
    event.preventDefault();
    if (this.#isGuessing) return;
    this.#isGuessing = true;
    await this.#guess(this.#find("pin").value.trim()).finally(() => { this.#isGuessing = false; });
  }

  async #guess(typed) {
    if (!/^[0-9]{6}$/.test(typed)) return this.#say("wrong", this.#text("six"));
    const wait = await this.#tries.wait();
    if (wait) return this.#say("wrong", this.#text("locked").replace("{n}", wait));
    const { pin } = await this.#queue.status();
    await this.#tries.count();
    const isRight = await fits(typed, pin);
    if (!this.#dialog) return undefined;
    this.#find("pin").value = "";
    return isRight ? this.#unlock() : this.#say("wrong", this.#text("wrong"));
  }

  async #unlock() {
    await this.#tries.forget();
    if (!this.#dialog) return;
    this.#find("lock").hidden = true;
    this.#find("panel").hidden = false;
    this.#find("panel").querySelector("button").focus();
    await this.#show();
  }

  // ---- the panel

  async #show() {
    const status = await this.#queue.status();
    const isProtected = await this.#offline.isProtected();
    if (!this.#dialog) return;
    this.#say("place", status.place || `${status.service} · ${status.office}`);
    this.#say("state", this.#text(`state-${status.state}`));
    this.#say("waiting", status.waiting);
    this.#say("aside", status.aside.length);
    this.#say("sent", status.sent ? date(status.sent) : this.#text("never"));
    this.#say("clock", this.#clock(status.offset));
    this.#say("ends", status.ends ? date(status.ends * 1000) : "");
    this.#say("release", status.release);
    this.#say("start", this.#text(this.#offline.isReady ? "offline" : "online"));
    this.#say("kept", this.#text(isProtected ? "kept" : "evictable"));
    this.#list(status);
  }

  #list({ aside, state }) {
    const list = this.#find("reasons");
    list.replaceChildren(...this.#reasons(aside).map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    list.hidden = !aside.length;
    this.#dialog.querySelector("[data-do=copy]").hidden = !aside.length;
    // A withdrawn link takes nothing: first it has to be paired again.
    this.#dialog.querySelector("[data-do=retry]").hidden = !aside.length || state === "withdrawn";
  }

  #clock(offset) {
    if (offset === null || offset === undefined) return this.#text("unmeasured");
    const minutes = Math.round(Math.abs(offset) / 60);
    return minutes ? this.#text(offset > 0 ? "slow" : "fast").replace("{n}", minutes) : this.#text("right");
  }

  #reasons(aside) {
    const counts = new Map();
    for (const { why, office } of aside) {
      const line = `${this.#reason(why.code) || why.status} (${office})`;
      counts.set(line, (counts.get(line) || 0) + 1);
    }
    return [...counts].map(([line, n]) => `${n} × ${line}`);
  }

  #reason(code) {
    return this.#text(`why-${code}`) || code;
  }

  // ---- what can be done

  #acts = {
    test: () => this.#test(),
    copy: () => this.#save(),
    send: () => this.#queue.send().then(() => this.#tell()),
    retry: () => this.#queue.retry().then(() => this.#tell()),
    pair: () => location.assign(`${document.body.dataset.path || ""}/k?again=1`),
    close: () => this.#dialog.close(),
  };

  async #act({ target }) {
    const button = target.closest("[data-do]");
    if (!button) return;
    try {
      await this.#acts[button.dataset.do]();
    } catch {
      if (this.#dialog) this.#say("done", this.#text("failed"));
    }
    if (this.#dialog) await this.#show();
  }

  async #test() {
    this.#say("done", this.#text("testing"));
    this.#testKey = await this.#queue.keep({
      survey: document.body.dataset.survey, language: document.documentElement.lang,
      satisfaction: best("satisfaction"), trust: best("trust"), drivers: null, comment: null, questions: null, test: true,
    });
    setTimeout(() => {
      if (this.#testKey && this.#dialog) this.#say("done", this.#text("waits"));
    }, SOON);
  }

  #settle({ key, status, code }) {
    if (key !== this.#testKey) return;
    this.#testKey = null;
    if (!this.#dialog) return;
    const isThere = status === 200 || status === 201;
    this.#say("done", isThere ? this.#text("arrived") : `${this.#text("refused")} ${this.#reason(code) || status}`);
    this.#show();
  }

  async #save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await this.#queue.copy()], { type: "application/jsonl" }));
    link.download = "set-aside.jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
    this.#say("done", this.#text("saved"));
  }

  // What the pressing has brought about: else it is silence.
  async #tell() {
    const { waiting, aside } = await this.#queue.status();
    const n = waiting + aside.length;
    if (this.#dialog) this.#say("done", n ? this.#text("left").replace("{n}", n) : this.#text("all"));
  }

  // ---- its words

  #find(name) {
    return this.#dialog.querySelector(`[data-show=${name}]`);
  }

  #text(name) {
    return this.#find("words").getAttribute(`data-${name}`) || "";
  }

  #say(name, words) {
    this.#find(name).textContent = words;
  }
}

function staffTemplate() {
  const templates = [...document.querySelectorAll("template[data-part=staff]")];
  return templates.find(({ dataset }) => dataset.language === document.documentElement.lang) || templates[0];
}

// The best rating that the survey has; null for a question that it does not ask.
function best(name) {
  const points = document.querySelector("template[data-part=survey]").content.querySelectorAll(`[name=${name}]`);
  return points.length ? Number(points[points.length - 1].value) : null;
}

const date = (milliseconds) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(milliseconds);
