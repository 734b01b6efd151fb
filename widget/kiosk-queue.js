// The answers of this device: written down before "Thank you", sent in order, and deleted only
// when the server has said of each that it has it. Nothing here knows the screen. They lie in
// `Store`; when each was given, `Clock` knows.
//
// Queue.open()          first of all; rejects where nothing can be kept
// Queue.keep(answer)    resolves to the answer's key once it is durably written
// Queue.state           open, full, ended, withdrawn, closed or storage; `cx-state` on a change
// Events on document:   cx-state {state}, cx-release (a newer page is ready), cx-settled {key, status, code}
const Queue = (() => {
  const FULL = 5000;
  const BATCH = 100;
  const BYTES = 900000; // under the server's 1 MiB, headroom for the frame
  const BEAT = 60000;
  const LONGEST = 300000;
  const TIMEOUT = 30000;
  const HOUR = 3600000;
  const DAY = 24 * HOUR;
  const PROMPT = 10000;
  // The server has it, or will never have it as it is. Everything else is tried again.
  const KEPT = [200, 201, 409];
  const HOPELESS = [400, 404, 410, 413, 422];
  const FOR_GOOD = ["too_late", "invalid", "unstorable"];
  const REFUSED = { expired: "ended", revoked: "withdrawn", not_found: "withdrawn", survey_closed: "closed" };

  const page = document.body.dataset;
  const root = page.path || "";
  const [, service, office] = location.pathname.startsWith(`${root}/k/`)
    ? location.pathname.slice(root.length).split("/").slice(1) : [];

  let device = {};
  let state = "open";
  let timer;
  let failures = 0;
  let beaten = -Infinity;
  let busy = false;
  let again = false;
  let half = BATCH;
  let worker = null;

  // ---- what this device may do

  // Seconds since 1970 by the server's clock, as well as this device knows.
  const serverTime = () => Date.now() / 1000 + (Clock.offset ?? device.offset ?? 0);

  const endOf = (link) => {
    const token = link.split("/").pop();
    const bytes = atob(token.slice(0, 20).replace(/-/g, "+").replace(/_/g, "/"));
    return [3, 4, 5, 6].reduce((sum, at) => sum * 256 + bytes.charCodeAt(at), 0);
  };

  // A device may know the server by another name than the server itself: it stays with that name,
  // for what it holds is kept under it.
  const here = (link) => location.origin + new URL(link).pathname;

  // The link in the address, unless this device holds a renewed one for the same office.
  async function adopt() {
    const named = here(location.href);
    const held = device;
    const same = held.link && held.service === service && held.office === office;
    if (same && !held.refused && endOf(held.link) > endOf(named)) return show(held.link);
    const known = same ? {} : { pin: null, place: "" };
    if (!same || here(held.link) !== named) await hold({ link: named, service, office, refused: "", ...known });
  }

  const show = (link) => history.replaceState(history.state, "", new URL(link).pathname + location.search);

  // A new link is a new chance for what was set aside.
  async function hold(changes) {
    device = { ...device, ...changes };
    await Store.remember("device", device);
    if (changes.link) await retry();
  }

  const retry = (fits = () => true) => Store.changeAll((answer) => {
    if (answer.state === Store.WAITING || !fits(answer)) return false;
    answer.state = Store.WAITING;
    answer.why = null;
    return true;
  });

  function judge(waiting) {
    if (waiting >= FULL) return "full";
    if (device.refused) return device.refused;
    if (serverTime() > endOf(device.link)) return "ended";
    // Without a valid control number nobody may be asked, whether or not the server can say so.
    return serverTime() * 1000 > Date.parse(page.ends) ? "closed" : "open";
  }

  function say(next) {
    if (next === state) return;
    state = next;
    document.dispatchEvent(new CustomEvent("cx-state", { detail: { state } }));
  }

  async function look() {
    const { waiting, aside } = await Store.counts();
    say(judge(waiting));
    return { waiting, aside };
  }

  // ---- keeping

  async function keep(answer) {
    const key = Store.unique();
    const { link } = device;
    const record = { ...answer, key, link, service, office, ...Clock.now(), state: Store.WAITING, why: null };
    try {
      await Store.add(record, FULL);
    } catch (error) {
      say(error.name === "full" ? "full" : "storage");
      throw error;
    }
    send();
    return key;
  }

  // ---- sending

  async function post(address, body) {
    const response = await fetch(root + address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    // A network that wants people to sign in answers 200, too, but not in our words.
    const told = /json/.test(response.headers.get("content-type") || "") ? await response.json() : null;
    return { status: response.status, told };
  }

  async function beat() {
    const { waiting, aside } = await Store.counts();
    const before = Date.now();
    const since = performance.now();
    const { status, told } = await post("/k/heartbeat", {
      link: device.link, device_now: new Date(before).toISOString(), waiting, aside, release: page.release || "", state,
    });
    if (!told || !told.now) throw new Error("not our server");
    const took = Date.now() - before;
    // A slow way there and back, or a sleep in between, measures nothing.
    const prompt = took >= 0 && took <= PROMPT && Math.abs(took - (performance.now() - since)) < 2000;
    if (prompt) {
      const ahead = Math.round((Date.parse(told.now) - before - took / 2) / 1000);
      await Clock.measured(ahead);
      device.offset = ahead;
    }
    beaten = performance.now();
    if (status === 200) return welcome(told);
    // What this page does not know is no reason to turn people away.
    if (told.code in REFUSED) await hold({ refused: REFUSED[told.code] });
  }

  async function welcome({ link, open, pin, place, release }) {
    const back = open && device.refused;
    // A server that was restored from an older copy may not know the PIN: ours stays.
    const changes = { refused: open ? "" : "closed", pin: pin || device.pin, place: place || device.place };
    if (link) changes.link = here(link);
    await hold(changes);
    if (link) show(link);
    // Once a day, and when the server is open again, what it refused gets another chance.
    if (back || !(Date.now() - device.retried < DAY)) {
      await hold({ retried: Date.now() });
      await retry(({ why }) => !FOR_GOOD.includes(why.code));
    }
    if (release && page.release && release !== page.release) await renew(release);
  }

  // At most once an hour for the same release: two servers may disagree for a while.
  async function renew(release) {
    const asked = device.asked || {};
    if (asked.release === release && Date.now() - asked.at < HOUR) return;
    await hold({ asked: { release, at: Date.now() } });
    if (worker && worker.active) worker.active.postMessage("renew");
    else document.dispatchEvent(new Event("cx-release"));
  }

  function item(answer) {
    const { key, survey, language, satisfaction, trust, drivers, comment, questions } = answer;
    const mine = answer.service === device.service && answer.office === device.office;
    const told = {
      link: mine ? device.link : answer.link,
      key, survey, language, satisfaction, trust, drivers, comment, questions,
      answered_at: new Date(answer.at).toISOString(),
    };
    if (answer.offset !== null) told.clock_offset = answer.offset;
    if (answer.test) told.test = true;
    return told;
  }

  function next() {
    let size = 0;
    const now = Date.now();
    return Store.read(Store.WAITING, (answer, n) => {
      size += new Blob([JSON.stringify(item(answer))]).size + 1;
      return n >= half || (n > 0 && size > BYTES);
    }, ({ later }) => later > now && later <= now + HOUR);
  }

  // What became of each: kept by the server, set aside, or to be tried again. True if all went on.
  async function settle(results) {
    const kept = results.filter(([, status]) => KEPT.includes(status));
    const hopeless = results.filter(([, status]) => HOPELESS.includes(status));
    const aside = ([answer, status, code]) => ({ ...answer, state: Store.ASIDE, why: { status, code, at: Date.now() } });
    await Store.settle(kept.map(([answer]) => answer), hopeless.map(aside));
    return kept.length + hopeless.length === results.length;
  }

  async function round() {
    const answers = await next();
    if (!answers.length) return false;
    const { status, told } = await post("/api/v1/responses", {
      device_now: new Date().toISOString(), items: answers.map(item),
    });
    if (status === 200 && told && answers.every((answer, at) => told.results?.[at]?.key === answer.key)) {
      half = Math.min(BATCH, half * 2);
      await done(answers.map((answer, at) => [answer, told.results[at].status, told.results[at].error?.code || ""]));
    } else if (told?.code && told.status === status && HOPELESS.includes(status)) {
      await narrow(answers, () => done([[answers[0], status, told.code]]));
    } else if (status >= 500 || status === 408 || status === 429) {
      throw new Error(`the server says ${status}`);
    } else {
      // Not our server's word: something between us took offence. If the server itself is well, it
      // is at one answer: that one waits an hour, and the others go on.
      await beat();
      await narrow(answers, () => Store.put({ ...answers[0], later: Date.now() + HOUR }));
    }
    return true;
  }

  // Find the one that stands in the way.
  async function narrow(answers, found) {
    if (answers.length === 1) return found();
    half = Math.ceil(answers.length / 2);
    return undefined;
  }

  async function done(results) {
    if (!await settle(results)) throw new Error("some are to be sent again");
    await Store.remember("sent", Date.now());
    for (const [{ key }, status, code] of results)
      document.dispatchEvent(new CustomEvent("cx-settled", { detail: { key, status, code } }));
  }

  async function rounds() {
    // Two windows on one device: one of them sends.
    if (!navigator.locks) return work();
    return navigator.locks.request("cx-kiosk-send", { ifAvailable: true }, (lock) => lock && work());
  }

  async function work() {
    if (performance.now() - beaten > BEAT * 0.9) await beat();
    const { aside } = await Store.counts();
    while (await round());
    // Staff hear of what was set aside now, not in a minute.
    if ((await Store.counts()).aside !== aside) await beat();
  }

  async function send() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    clearTimeout(timer);
    try {
      do {
        again = false;
        await rounds();
      } while (again);
      failures = 0;
    } catch {
      failures += 1;
      beaten = -Infinity;
    }
    busy = false;
    await look().catch(() => say("storage"));
    const wait = failures ? Math.min(LONGEST, 1000 * 2 ** failures) : BEAT;
    // Jitter: a building full of devices must not knock at the same moment.
    timer = setTimeout(send, wait * (0.5 + Math.random() / 2));
  }

  // ---- starting

  // Kept pages and files for a start without a network. It needs https, or this very machine.
  async function install() {
    if (!navigator.serviceWorker) return;
    const known = !!navigator.serviceWorker.controller;
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data === "renewed") document.dispatchEvent(new Event("cx-release"));
    });
    const address = `${root}/k/sw.js`;
    const policy = window.trustedTypes && trustedTypes.createPolicy("cx", { createScriptURL: (url) => url });
    try {
      worker = await navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address, { scope: `${root}/k` });
      const { active } = await navigator.serviceWorker.ready;
      if (service && !known) active.postMessage("keep");
    } catch {
      worker = null;
    }
  }

  async function start() {
    try {
      device = await Store.recall("device") || {};
      if (service) await adopt();
    } catch (error) {
      state = "storage";
      throw error;
    }
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    install();
    if (!service) return;
    await look();
    addEventListener("online", () => {
      failures = 0; // it may be a moment early: then soon again
      send();
    });
    setInterval(Clock.watch, 1000);
    send();
  }

  let opened;
  const open = () => (opened ||= start());

  const status = async () => {
    await open();
    const aside = await Store.read(Store.ASIDE);
    const { waiting } = await Store.counts();
    const offices = [...new Set([...aside, ...await Store.read(Store.WAITING)].map((answer) => answer.office))];
    const sent = await Store.recall("sent");
    const kept = navigator.storage && navigator.storage.persisted ? await navigator.storage.persisted() : false;
    return { ...device, waiting, aside, offices, sent, kept, state, ends: device.link && endOf(device.link), release: page.release, offline: !!worker };
  };

  // What was set aside, one a line: the office, why, and the answer. No link goes into a file.
  const copy = async () => {
    const lines = (await Store.read(Store.ASIDE)).map((answer) => {
      const told = { service: answer.service, office: answer.office, why: answer.why.code, ...item(answer) };
      delete told.link;
      return JSON.stringify(told);
    });
    return lines.join("\n") + "\n";
  };

  return { open, keep, send, status, copy, retry: () => retry().then(send), get state() { return state; } };
})();
