// The staff corner: five taps in the upper corner, or Ctrl+Alt+S, then the device's PIN. It tells
// what the device holds and how it is, and sends, tests and pairs. It shows no answer.
(() => {
  const TAPS = 5;
  const WITHIN = 3000;
  const CORNER = 96;
  const TRIES = 5;
  const LOCKED = 300000; // and twice as long each time after, up to
  const LONGEST = 1800000;
  const FORGIVEN = 86400000;
  const LEFT_ALONE = 120000;
  const SOON = 15000;

  let taps = [];
  let dialog = null;
  let alone;
  let testing = null;
  let busy = false;

  const find = (name) => dialog.querySelector(`[data-show=${name}]`);
  const text = (name) => find("words").getAttribute(`data-${name}`) || "";
  const say = (name, words) => { find(name).textContent = words; };
  const date = (ms) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(ms);
  const plain = (base64) => base64.replace(/-/g, "+").replace(/_/g, "/").replace(/=/g, "");

  // ---- the PIN: its hash came with the heartbeat, so that it opens without a network, too

  async function fits(pin, told) {
    const [, rounds, salt, hash] = told.split("$");
    const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
    const bytes = Uint8Array.from(atob(plain(salt)), (letter) => letter.charCodeAt(0));
    const made = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes, iterations: Number(rounds) }, key, 256);
    return plain(btoa(String.fromCharCode(...new Uint8Array(made)))) === plain(hash);
  }

  async function enter(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    await guess(find("pin").value.trim()).finally(() => { busy = false; });
  }

  async function guess(typed) {
    if (!/^[0-9]{6}$/.test(typed)) return say("wrong", text("six"));
    const now = Date.now();
    const tries = await Store.recall("tries") || { n: 0, at: now, until: 0 };
    const left = tries.until - now;
    if (left > 0 && left <= LONGEST) return say("wrong", text("locked").replace("{n}", Math.ceil(left / 60000)));
    const { pin } = await Queue.status();
    // Counted before it is judged: pulling the plug wins no second guess.
    tries.n = Math.abs(now - tries.at) > FORGIVEN ? 1 : tries.n + 1;
    tries.at = now;
    if (tries.n % TRIES === 0) tries.until = now + Math.min(LONGEST, LOCKED * 2 ** (tries.n / TRIES - 1));
    await Store.remember("tries", tries);
    const right = await fits(typed, pin);
    if (!dialog) return;
    find("pin").value = "";
    if (!right) return say("wrong", text("wrong"));
    await Store.remember("tries", null);
    find("lock").hidden = true;
    find("panel").hidden = false;
    find("panel").querySelector("button").focus();
    await show();
  }

  // ---- the panel

  async function show() {
    const now = await Queue.status();
    if (!dialog) return;
    say("place", now.place || `${now.service} · ${now.office}`);
    say("state", text(`state-${now.state}`));
    say("waiting", now.waiting);
    say("aside", now.aside.length);
    say("sent", now.sent ? date(now.sent) : text("never"));
    say("clock", clock(now.offset));
    say("ends", now.ends ? date(now.ends * 1000) : "");
    say("release", now.release || "");
    say("start", text(now.offline ? "offline" : "online"));
    say("kept", text(now.kept ? "kept" : "evictable"));
    const list = find("reasons");
    list.replaceChildren(...reasons(now.aside).map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    list.hidden = !now.aside.length;
    dialog.querySelector("[data-do=copy]").hidden = !now.aside.length;
    // A withdrawn link takes nothing: first it has to be paired again.
    dialog.querySelector("[data-do=retry]").hidden = !now.aside.length || now.state === "withdrawn";
  }

  function clock(offset) {
    const minutes = Math.round(Math.abs(offset || 0) / 60);
    if (offset === null || offset === undefined) return text("unmeasured");
    return minutes ? text(offset > 0 ? "slow" : "fast").replace("{n}", minutes) : text("right");
  }

  function reasons(aside) {
    const found = new Map();
    for (const { why, office } of aside) {
      const line = `${text(`why-${why.code}`) || why.code || why.status} (${office})`;
      found.set(line, (found.get(line) || 0) + 1);
    }
    return [...found].map(([line, n]) => `${n} × ${line}`);
  }

  // ---- what can be done

  // The best rating that the survey has; null for a question that it does not ask.
  function best(name) {
    const points = document.querySelector("template[data-part=survey]").content.querySelectorAll(`[name=${name}]`);
    return points.length ? Number(points[points.length - 1].value) : null;
  }

  async function test() {
    say("done", text("testing"));
    testing = await Queue.keep({
      survey: document.body.dataset.survey, language: document.documentElement.lang,
      satisfaction: best("satisfaction"), trust: best("trust"), drivers: null, comment: null, questions: null, test: true,
    });
    setTimeout(() => {
      if (testing && dialog) say("done", text("waits"));
    }, SOON);
  }

  async function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await Queue.copy()], { type: "application/jsonl" }));
    link.download = "set-aside.jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
    say("done", text("saved"));
  }

  // What the pressing has brought about: else it is silence.
  async function tell() {
    const { waiting, aside } = await Queue.status();
    const n = waiting + aside.length;
    if (dialog) say("done", n ? text("left").replace("{n}", n) : text("all"));
  }

  const acts = {
    test,
    copy: save,
    send: () => Queue.send().then(tell),
    retry: () => Queue.retry().then(tell),
    pair: () => location.assign(`${document.body.dataset.path || ""}/k?again=1`),
    close: () => dialog.close(),
  };

  async function act({ target }) {
    const wish = target.closest("[data-do]");
    if (!wish) return;
    try {
      await acts[wish.dataset.do]();
    } catch {
      if (dialog) say("done", text("failed"));
    }
    if (dialog) await show();
  }

  // ---- opening and closing

  function leave() {
    clearTimeout(alone);
    dialog.remove();
    dialog = null;
    testing = null;
  }

  function stay() {
    clearTimeout(alone);
    alone = setTimeout(() => dialog && dialog.close(), LEFT_ALONE);
  }

  async function open() {
    taps = [];
    if (dialog) return;
    const { lang } = document.documentElement;
    const all = [...document.querySelectorAll("template[data-part=staff]")];
    const chosen = all.find((one) => one.dataset.language === lang) || all[0];
    dialog = chosen.content.firstElementChild.cloneNode(true);
    document.body.append(dialog);
    dialog.addEventListener("close", leave);
    dialog.addEventListener("click", act);
    dialog.addEventListener("submit", enter);
    for (const kind of ["pointerdown", "keydown"]) dialog.addEventListener(kind, stay);
    dialog.showModal();
    stay();
    const { pin } = await Queue.status().catch(() => ({}));
    if (!dialog) return;
    const able = pin && crypto.subtle;
    find("lock").hidden = !able;
    find("unpaired").hidden = able;
    if (able) find("pin").focus();
  }

  addEventListener("pointerdown", ({ clientX, clientY, timeStamp }) => {
    if (clientX > CORNER || clientY > CORNER) {
      taps = [];
      return;
    }
    taps = [...taps, timeStamp].filter((time) => timeStamp - time < WITHIN);
    if (taps.length >= TAPS) open();
  }, true);

  addEventListener("keydown", (event) => {
    if (!event.ctrlKey || !event.altKey || event.code !== "KeyS") return;
    event.preventDefault();
    open();
  });

  document.addEventListener("cx-settled", ({ detail: { key, status, code } }) => {
    if (key !== testing) return;
    testing = null;
    if (!dialog) return;
    say("done", status === 200 || status === 201 ? text("arrived") : `${text("refused")} ${text(`why-${code}`) || code || status}`);
    show();
  });
})();
