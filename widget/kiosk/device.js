// What this device is, and may do: its office and link, its PIN, and what the server last said of it.
const HOUR = 3600000;
const DAY = 24 * HOUR;
const PROMPT = 10000;
const FOR_GOOD = ["too_late", "invalid", "unstorable"];
const REFUSED = { expired: "ended", revoked: "withdrawn", not_found: "withdrawn", survey_closed: "closed" };

// Seconds since 1970 at which a link ends: it says so itself.
export function endOf(link) {
  const token = link.split("/").pop();
  const bytes = atob(token.slice(0, 20).replace(/-/g, "+").replace(/_/g, "/"));
  return [3, 4, 5, 6].reduce((sum, at) => sum * 256 + bytes.charCodeAt(at), 0);
}

export class Device {
  #store;
  #clock;
  #time;
  #server;
  #page;
  #show;
  #renew;
  #record = {};

  // `page` has origin, root, path, ends and release; `show(path)` puts a path into the address bar;
  // `renew()` asks for the newer page.
  constructor({ store, clock, time, server, page, show, renew }) {
    this.#store = store;
    this.#clock = clock;
    this.#time = time;
    this.#server = server;
    this.#page = page;
    this.#show = show;
    this.#renew = renew;
  }

  // What is remembered of it: link, service, office, pin, place, refused, offset.
  get record() {
    return this.#record;
  }

  get release() {
    return this.#page.release;
  }

  get isKiosk() {
    return Boolean(this.#office().service);
  }

  async load() {
    this.#record = await this.#store.recall("device") || {};
    if (this.isKiosk) await this.#adopt();
  }

  // open, or why nobody may be asked now: ended, withdrawn or closed.
  state() {
    const { refused, link } = this.#record;
    if (refused) return refused;
    const now = this.#serverTime();
    if (now > endOf(link)) return "ended";
    // Without a valid control number nobody may be asked, whether or not the server can say so.
    return now * 1000 > Date.parse(this.#page.ends) ? "closed" : "open";
  }

  // The link under which an answer is sent: the newest, where it was given at this office.
  linkFor({ service, office, link }) {
    const isOurs = service === this.#record.service && office === this.#record.office;
    return isOurs ? this.#record.link : link;
  }

  // Tells the server how this device is, and does as it says. Rejects where nobody answers.
  async beat(state) {
    const { waiting, aside } = await this.#store.counts();
    // One that was paired before there were secrets has none; the PIN it knows stays.
    const secret = await this.#store.recall("secret") || "";
    const sent = { wall: this.#time.wall(), steady: this.#time.steady() };
    const { status, body } = await this.#server.post("/k/heartbeat", {
      link: this.#record.link, device_now: new Date(sent.wall).toISOString(), waiting, aside,
      release: this.#page.release, state, secret,
    });
    if (!body || !body.now) throw new Error("not our server");
    await this.#measure(sent, Date.parse(body.now));
    if (status === 200) return this.#follow(body);
    // What this page does not know is no reason to turn people away.
    if (body.code in REFUSED) await this.#note({ refused: REFUSED[body.code] });
    return undefined;
  }

  // A slow way there and back, or a sleep in between, measures nothing.
  async #measure(sent, server) {
    const took = this.#time.wall() - sent.wall;
    const steady = this.#time.steady() - sent.steady;
    if (took > PROMPT || Math.abs(took - steady) >= 2000) return;
    const offset = Math.round((server - sent.wall - took / 2) / 1000);
    await this.#clock.measured(offset).catch(() => {});
    this.#record.offset = offset;
  }

  async #follow({ link, open, pin, place, release }) {
    const isBack = open && this.#record.refused;
    // A server that was restored from an older copy may not know the PIN: ours stays.
    const changes = { refused: open ? "" : "closed", pin: pin || this.#record.pin, place: place || this.#record.place };
    if (link) changes.link = this.#ours(link);
    await this.#note(changes);
    if (link) this.#show(new URL(link).pathname);
    // Once a day, and when the server is open again, what it refused gets another chance.
    if (isBack || !(this.#time.wall() - this.#record.retried < DAY)) {
      await this.#note({ retried: this.#time.wall() });
      await this.#store.revive(({ why }) => !FOR_GOOD.includes(why.code)).catch(() => {});
    }
    if (release && this.#page.release && release !== this.#page.release) await this.#renewTo(release);
  }

  // At most once an hour for the same release: two servers may disagree for a while.
  async #renewTo(release) {
    const last = this.#record.asked || {};
    if (last.release === release && this.#time.wall() - last.at < HOUR) return;
    await this.#note({ asked: { release, at: this.#time.wall() } });
    this.#renew();
  }

  // The link in the address, unless this device has a renewed one for the same office.
  async #adopt() {
    const { origin, path } = this.#page;
    const office = this.#office();
    const { link, refused } = this.#record;
    const isSame = link && this.#record.service === office.service && this.#record.office === office.office;
    if (isSame && !refused && endOf(link) > endOf(path)) return this.#show(new URL(link).pathname);
    const rest = isSame ? {} : { pin: null, place: "" };
    if (!isSame || this.#ours(link) !== origin + path)
      await this.#change({ link: origin + path, ...office, refused: "", ...rest });
    return undefined;
  }

  // A disk that is full must not keep answers from leaving it: what it does not take is known until
  // the next start, and the next heartbeat brings it again.
  #note(changes) {
    return this.#change(changes).catch(() => {});
  }

  // A new link is a new chance for what was set aside.
  async #change(changes) {
    this.#record = { ...this.#record, ...changes };
    await this.#store.remember("device", this.#record);
    if (changes.link) await this.#store.revive();
  }

  #office() {
    const { root, path } = this.#page;
    const [, service, office] = path.startsWith(`${root}/k/`) ? path.slice(root.length).split("/").slice(1) : [];
    return { service, office };
  }

  // A device may know the server by another name than the server itself: it stays with that name,
  // for what it holds is kept under it.
  #ours(link) {
    return this.#page.origin + new URL(link).pathname;
  }

  // Seconds since 1970 by the server's clock, as well as this device knows.
  #serverTime() {
    return this.#time.wall() / 1000 + (this.#clock.offset ?? this.#record.offset ?? 0);
  }
}
