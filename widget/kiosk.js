// The kiosk's screen: one person after another, and nothing of one is left for the next.
//
// All it can show lies in the page's templates, by part (survey, thanks, closed, idle) and
// language. Whoever comes next gets a fresh clone; what was chosen, typed or scrolled goes with
// the old one. Answers go to `Queue`; "thank you" is said when it has them, not before.
(async () => {
  const QUIET = 30; // seconds without a sign of anybody, before we ask
  const NOTICE = 30; // seconds to answer that question
  const THANKS = 10; // seconds since the last sign of whoever answered
  const LONGEST = 30; // the thanks go, whoever is there
  const SLIP = 500; // milliseconds in which a second press is still the first one's

  const page = document.documentElement;
  const stage = document.getElementById("stage");
  const said = document.getElementById("said");
  const data = document.body.dataset;
  const template = (part, code) => document.querySelector(`template[data-part=${part}][data-language="${code}"]`);
  const wanted = new URLSearchParams(location.search).get("lang") || "";
  const home = /^[\w-]+$/.test(wanted) && template("survey", wanted) ? wanted : page.lang;

  let language = home;
  let part = "";
  let person = 0; // counts up, so that what one person began cannot end before another
  let sending = false;
  let outdated = false;
  const begun = performance.now();
  let active = begun;
  let drift = Date.now() - begun;
  let shownAt = -Infinity;
  let askedAt = 0;
  let sleptAt = Infinity;
  let aside = {}; // taps of the other side of the trust rating

  const form = () => stage.querySelector("form");
  const dialog = () => stage.querySelector("dialog");
  const fields = () => [...stage.querySelectorAll("input, textarea")];
  const isOpen = () => Queue.state === "open";
  const isLarger = () => page.classList.contains("larger");
  const seconds = (since) => (performance.now() - since) / 1000;

  // ---- what is shown

  function show(next) {
    const source = template(next, language);
    part = next;
    page.lang = language;
    page.dir = source.dataset.direction;
    document.title = source.dataset.title;
    stage.replaceChildren(source.content.cloneNode(true));
    said.textContent = "";
    for (const button of stage.querySelectorAll("[data-larger]")) button.setAttribute("aria-pressed", isLarger());
    if (form()) prepare();
  }

  function prepare() {
    const turn = siding(form(), aside);
    form().addEventListener("change", turn);
    form().addEventListener("change", mend);
    form().addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    for (const area of stage.querySelectorAll("textarea")) {
      for (const name of ["spellcheck", "autocorrect", "autocomplete"]) area.setAttribute(name, name === "spellcheck" ? "false" : "off");
      counting(area);
    }
    turn();
  }

  // The next person's screen: the first language, the first size, the top, and no word of anybody.
  function reset() {
    person += 1;
    sending = false;
    aside = {};
    language = home;
    page.classList.remove("larger");
    getSelection().removeAllRanges();
    show(isOpen() ? "survey" : "closed");
    scrollTo(0, 0);
    active = performance.now();
  }

  // Whoever presses a button that takes them elsewhere is told where they are.
  function greet() {
    const title = stage.querySelector("h1");
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    shownAt = performance.now();
  }

  function speak(code) {
    const kept = read();
    const alarmed = stage.querySelector(".alert:not([hidden])");
    const opened = stage.querySelector("details[open]");
    language = code;
    show(part);
    write(kept);
    if (opened) stage.querySelector("details").open = true;
    if (alarmed) alarm(Faults.found(stage));
    stage.querySelector(`[data-speak="${code}"]`).focus({ preventScroll: true });
  }

  function enlarge(button) {
    page.classList.toggle("larger");
    button.setAttribute("aria-pressed", isLarger());
    button.scrollIntoView({ block: "nearest" });
  }

  // ---- what was chosen and typed

  const read = () => fields().map(({ id, checked, value, type }) => [id, type === "textarea" ? value : checked]);

  function write(kept) {
    for (const [id, value] of kept) {
      const field = document.getElementById(id);
      if (typeof value === "boolean") field.checked = value;
      else if (value) {
        field.value = value;
        field.dispatchEvent(new Event("input"));
      }
    }
    if (form()) form().dispatchEvent(new Event("change"));
  }

  const isUsed = () => fields().some(({ checked, value, type }) => (type === "textarea" ? value : checked));
  const isChanged = () => language !== home || isLarger() || scrollY > 0 || !!stage.querySelector(".alert:not([hidden]), details[open]");

  function answer() {
    const told = new FormData(form());
    const named = (start) => [...told].filter(([name]) => name.startsWith(start)).map(([name, value]) => [name.slice(start.length), value]);
    const scores = named("driver-").map(([code, value]) => [code, Number(value)]);
    return {
      survey: data.survey,
      language,
      satisfaction: told.has("satisfaction") ? Number(told.get("satisfaction")) : null,
      trust: Number(told.get("trust")),
      drivers: form().querySelector("[name=drivers]") ? told.getAll("drivers") : Object.fromEntries(scores),
      // A form would send CRLF for a Return; the field itself has what was typed.
      comment: form().elements.comment?.value || "",
      questions: Object.fromEntries(named("question-").filter(([, value]) => value)),
    };
  }

  // ---- faults

  function alarm(found) {
    const { title, error } = template(part, language).dataset;
    Faults.show(stage, found, (field) => {
      field.focus();
      uncover();
    });
    document.title = (found.length ? error : "") + title;
  }

  // A rating that was missing and is now chosen: its mark and its line go, all others stay.
  function mend({ target }) {
    if (target.checked && target.closest(".wrong")) alarm(Faults.found(stage).filter(([field]) => Faults.groupOf(field).matches(".wrong")));
  }

  // ---- sending

  async function send() {
    if (sending) return;
    const found = Faults.found(stage);
    alarm(found);
    if (found.length) return stage.querySelector(".alert").focus();
    const unsent = stage.querySelector("#unsent");
    unsent.textContent = "";
    // What could not be written a moment ago may be written now; what nobody takes, nobody keeps.
    if (!isOpen() && Queue.state !== "storage") return sorry(unsent, unsent.dataset.closed);
    const mine = person;
    const button = form().querySelector(".send");
    const words = button.textContent;
    sending = true;
    button.textContent = button.dataset.sending;
    try {
      await Queue.keep(answer());
      if (mine === person) thank();
    } catch ({ name }) {
      if (mine === person) sorry(unsent, name === "full" ? unsent.dataset.closed : unsent.dataset.text);
    }
    button.textContent = words;
    if (mine === person) sending = false;
  }

  function sorry(unsent, text) {
    unsent.textContent = text;
    unsent.scrollIntoView({ block: "nearest" });
  }

  // Its language stays for the thanks; all else of the answer is gone with its form.
  function thank() {
    aside = {};
    show("thanks");
    scrollTo(0, 0);
    greet();
  }

  // ---- when nobody is there

  function ask() {
    askedAt = performance.now();
    stage.append(template("idle", language).content.cloneNode(true));
    count(NOTICE);
    dialog().addEventListener("close", stay);
    dialog().showModal();
  }

  function count(left) {
    const over = stage.querySelector("#over");
    const spoken = stage.querySelector("dialog .enter");
    over.textContent = (left === 1 ? over.dataset.one : over.dataset.many).replace("{n}", left);
    if (isUsed()) over.append(` ${over.dataset.lost}`); // who only reads has nothing to lose
    if (left === 20 || left === 10) spoken.textContent = spoken.dataset.left.replace("{n}", left);
  }

  function stay() {
    active = performance.now();
    const asking = dialog();
    if (!asking) return;
    asking.removeEventListener("close", stay);
    asking.close(); // the focus goes back to where it was
    asking.remove();
  }

  function tick() {
    if (woke()) {
      document.querySelector("dialog.staff")?.close();
      return reset();
    }
    if (dialog()) {
      const left = NOTICE - Math.floor(seconds(askedAt));
      return left > 0 ? count(left) : expire();
    }
    if (isStuck()) return location.reload();
    if (part === "thanks") return (seconds(Math.max(shownAt, active)) >= THANKS || seconds(shownAt) >= LONGEST) && leave();
    if (part === "survey" && !isOpen() && !isUsed() && !sending) return reset();
    if (part === "closed" && isOpen()) return reset();
    if (seconds(active) < QUIET || sending) return;
    if (isUsed() || isChanged()) return ask();
    if (outdated && !document.querySelector("dialog[open]")) location.reload();
  }

  // Somebody may be listening still: say where they are now.
  function expire() {
    leave();
    said.textContent = template("idle", language).content.querySelector("#over").dataset.again;
  }

  function leave() {
    reset();
    greet();
  }

  // A sign of somebody. In the dialog only what is pressed counts; Tab goes from button to button.
  function notice(event) {
    active = performance.now();
    if (!dialog() || event.type !== "keydown" && event.type !== "pointerdown") return;
    askedAt = active;
    if (event.type !== "keydown" || ["Tab", "Shift", "Control", "Alt", "Meta", "Enter", " "].includes(event.key)) return;
    event.preventDefault(); // nor is it typed into the field that gets the focus back
    stay();
  }

  // ---- what is pressed

  function press(event) {
    if (event.pointerType === "touch") fill();
    const button = event.target.closest("button");
    // The second tap of two quick ones was not meant for what has just come up.
    if (performance.now() - shownAt < SLIP && event.detail > 0) return event.preventDefault();
    if (dialog()) return button && "over" in button.dataset ? leave() : stay();
    if (!button) return;
    if (button.dataset.speak) speak(button.dataset.speak);
    else if ("larger" in button.dataset) enlarge(button);
    else if ("next" in button.dataset) leave();
  }

  function fill() {
    if (matchMedia("(display-mode: fullscreen)").matches || document.fullscreenElement || !page.requestFullscreen) return;
    page.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
  }

  const wake = () => navigator.wakeLock?.request("screen").catch(() => {});

  // A browser that lost its database finds it again by a fresh start.
  const isStuck = () => Queue.state === "storage" && seconds(begun) > 300 && seconds(active) > 60;

  // The wall's clock went on without the page's: the device slept, or its clock was set.
  function woke() {
    const ahead = Date.now() - performance.now() - drift;
    drift += ahead;
    return Math.abs(ahead) > (QUIET + NOTICE) * 1000;
  }

  // Asleep, no clock of the page runs: whoever wakes the device is somebody else.
  function sleep() {
    if (document.visibilityState === "hidden") sleptAt = Date.now();
    else if (Math.abs(Date.now() - sleptAt) > (QUIET + NOTICE) * 1000) reset();
    if (document.visibilityState === "visible") wake();
  }

  // The keyboard on the screen takes half of it: the field, and what it asks, must stay in sight.
  function uncover() {
    const field = stage.contains(document.activeElement) && document.activeElement;
    if (!field || !field.matches("textarea")) return;
    const group = Faults.groupOf(field);
    group.scrollIntoView({ block: "nearest" });
    if (group.getBoundingClientRect().top < 0) group.scrollIntoView();
  }

  // Going back would leave, and bring another time's page: there is always one more step.
  const stand = () => history.pushState(null, "");

  // Everything that lifts, marks, carries away or enlarges. Text may be marked where it is typed.
  const isTyped = ({ target }) => target.closest && target.closest("textarea, input");
  const never = (event) => event.preventDefault();
  for (const type of ["contextmenu", "dragstart", "dragover", "drop", "copy", "cut", "gesturestart"]) addEventListener(type, never, { capture: true });
  addEventListener("selectstart", (event) => isTyped(event) || never(event));
  addEventListener("wheel", (event) => event.ctrlKey && never(event), { passive: false });
  addEventListener("touchmove", (event) => event.touches.length > 1 && never(event), { passive: false });
  // Zoom, and every key that opens something of the browser's: files, print, find, history, source.
  const isDoor = ({ key, ctrlKey, metaKey, altKey }) => ["F1", "F3", "F7"].includes(key)
    || (ctrlKey || metaKey) && !altKey && "+-=0sfpouhjgd".includes(key.toLowerCase())
    || altKey && ["ArrowLeft", "ArrowRight", "Home"].includes(key);
  addEventListener("keydown", (event) => isDoor(event) && never(event));

  for (const type of ["keydown", "pointerdown", "pointermove", "focusin", "input", "wheel", "scroll"])
    addEventListener(type, notice, { passive: type !== "keydown", capture: true });
  stage.addEventListener("click", press);
  stage.addEventListener("focusin", uncover);
  addEventListener("resize", uncover);
  addEventListener("popstate", stand);
  addEventListener("pagehide", reset);
  addEventListener("pageshow", ({ persisted }) => persisted && reset());
  document.addEventListener("visibilitychange", sleep);
  document.addEventListener("cx-state", tick);
  document.addEventListener("cx-release", () => { outdated = true; });

  stand();
  wake();
  await Queue.open().catch(() => {});
  reset();
  setInterval(tick, 1000);
})();
