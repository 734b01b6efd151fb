// The kiosk's screen: one person after another, and nothing of one is left for the next.
//
// All it can show lies in the page's templates, by part (survey, thanks, closed, idle) and
// language. Whoever comes next gets a fresh clone; what was chosen, typed or scrolled goes with
// the old one. Answers go to the queue; "thank you" is said when it has them, not before.
import { read } from "./answer.js";
import * as faults from "./faults.js";
import { NOTICE } from "./presence.js";

const SIGNS = ["keydown", "pointerdown", "pointermove", "focusin", "input", "wheel", "scroll"];
// In the question whether somebody is there, these go from button to button and press.
const MOVES = ["Tab", "Shift", "Control", "Alt", "Meta", "Enter", " "];

export class Screen {
  #queue;
  #offline;
  #presence;
  #page = document.documentElement;
  #stage = document.getElementById("stage");
  #status = document.getElementById("said");
  #home = homeLanguage();
  #language = this.#home;
  #part = "";
  #person = 0; // counts up, so that what one person began cannot end before another
  #isSending = false;
  #isOutdated = false;

  constructor({ queue, offline, presence }) {
    this.#queue = queue;
    this.#offline = offline;
    this.#presence = presence;
  }

  listen() {
    for (const type of SIGNS)
      addEventListener(type, (event) => this.#notice(event), { passive: type !== "keydown", capture: true });
    this.#stage.addEventListener("click", (event) => this.#press(event));
    this.#stage.addEventListener("focusin", () => this.#uncover());
    addEventListener("resize", () => this.#uncover());
    addEventListener("pagehide", () => this.#reset());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#reset());
    document.addEventListener("visibilitychange", () => this.#sleep());
    this.#offline.addEventListener("release", () => { this.#isOutdated = true; });
    wake();
  }

  begin() {
    this.#reset();
    this.#queue.addEventListener("state", () => this.#tick());
    setInterval(() => this.#tick(), 1000);
  }

  // ---- what is shown

  #show(part) {
    const source = template(part, this.#language);
    this.#part = part;
    this.#page.lang = this.#language;
    this.#page.dir = source.dataset.direction;
    document.title = source.dataset.title;
    this.#stage.replaceChildren(source.content.cloneNode(true));
    this.#status.textContent = "";
    for (const button of this.#stage.querySelectorAll("[data-larger]")) button.setAttribute("aria-pressed", this.#isLarger());
    if (this.#form()) this.#prepare();
  }

  #prepare() {
    this.#form().addEventListener("change", (event) => this.#fix(event));
    this.#form().addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    for (const area of this.#stage.querySelectorAll("textarea")) {
      area.setAttribute("spellcheck", "false");
      for (const name of ["autocorrect", "autocomplete"]) area.setAttribute(name, "off");
    }
  }

  // The next person's screen: the first language, the first size, the top, and no word of anybody.
  #reset() {
    this.#person += 1;
    this.#isSending = false;
    this.#language = this.#home;
    this.#page.classList.remove("larger");
    getSelection().removeAllRanges();
    this.#show(this.#isOpen() ? "survey" : "closed");
    scrollTo(0, 0);
    this.#presence.sign();
  }

  // Whoever presses a button that takes them elsewhere hears where they are.
  #greet() {
    const title = this.#stage.querySelector("h1");
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    this.#presence.show();
  }

  #speak(language) {
    const values = this.#values();
    const isAlarmed = this.#stage.querySelector(".alert:not([hidden])");
    const isUnfolded = this.#stage.querySelector("details[open]");
    this.#language = language;
    this.#show(this.#part);
    this.#fill(values);
    if (isUnfolded) this.#stage.querySelector("details").open = true;
    if (isAlarmed) this.#alarm(faults.find(this.#stage));
    this.#stage.querySelector(`[data-speak="${language}"]`).focus({ preventScroll: true });
  }

  #enlarge(button) {
    this.#page.classList.toggle("larger");
    button.setAttribute("aria-pressed", this.#isLarger());
    button.scrollIntoView({ block: "nearest" });
  }

  // ---- what was chosen and typed

  // In another language, the same person goes on: also with the taps of the other side.
  #values() {
    return this.#fields().map((field) => (
      { id: field.id, text: isText(field) && field.value, checked: field.checked, aside: field.hasAttribute("data-aside") }
    ));
  }

  #fill(values) {
    for (const { id, text, checked, aside } of values) {
      const field = document.getElementById(id);
      field.toggleAttribute("data-aside", aside);
      if (!isText(field)) field.checked = checked;
      else if (text) enter(field, text);
    }
    const trust = this.#stage.querySelector("[name=trust]:checked");
    if (trust) trust.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #isUsed() {
    return this.#fields().some((field) => (isText(field) ? field.value : field.checked));
  }

  #isChanged() {
    return this.#language !== this.#home || this.#isLarger() || scrollY > 0
      || Boolean(this.#stage.querySelector(".alert:not([hidden]), details[open]"));
  }

  // ---- faults

  #alarm(list) {
    const { title, error } = template(this.#part, this.#language).dataset;
    faults.show(this.#stage, list, (field) => {
      field.focus();
      this.#uncover();
    });
    document.title = (list.length ? error : "") + title;
  }

  // A rating that was missing and is now chosen: its mark and its line go, all others stay.
  #fix({ target }) {
    if (!target.checked || !target.closest(".wrong")) return;
    this.#alarm(faults.find(this.#stage).filter(({ field }) => faults.groupOf(field).matches(".wrong")));
  }

  // ---- sending

  async #send() {
    if (this.#isSending) return undefined;
    const list = faults.find(this.#stage);
    this.#alarm(list);
    if (list.length) return this.#stage.querySelector(".alert").focus();
    const unsent = this.#stage.querySelector("#unsent");
    unsent.textContent = "";
    // What could not be written a moment ago may be written now; what nobody takes, nobody keeps.
    if (!this.#isOpen() && this.#queue.state !== "storage") return apologize(unsent, unsent.dataset.closed);
    return this.#keep(unsent);
  }

  async #keep(unsent) {
    const person = this.#person;
    const button = this.#form().querySelector(".send");
    const label = button.textContent;
    this.#isSending = true;
    button.textContent = button.dataset.sending;
    try {
      await this.#queue.keep(read(this.#form(), document.body.dataset.survey, this.#language));
      if (person === this.#person) this.#thank();
    } catch ({ name }) {
      if (person === this.#person) apologize(unsent, name === "full" ? unsent.dataset.closed : unsent.dataset.text);
    }
    button.textContent = label;
    if (person === this.#person) this.#isSending = false;
  }

  // Its language stays for the thanks; all else of the answer is gone with its form.
  #thank() {
    this.#show("thanks");
    scrollTo(0, 0);
    this.#greet();
  }

  // ---- when nobody is there

  #tick() {
    if (this.#presence.woke()) {
      document.querySelector("dialog.staff")?.close();
      return this.#reset();
    }
    if (this.#dialog()) return this.#countDown(this.#presence.left());
    // A browser that lost its database finds it again by a fresh start.
    if (this.#queue.state === "storage" && this.#presence.isIdle()) return location.reload();
    if (this.#part === "thanks") return this.#presence.areThanksOver() && this.#leave();
    if (this.#part === "survey" && !this.#isOpen() && !this.#isUsed() && !this.#isSending) return this.#reset();
    if (this.#part === "closed" && this.#isOpen()) return this.#reset();
    return this.#presence.isQuiet() && !this.#isSending && this.#rest();
  }

  // It has been quiet for a while: who was here is asked, who was never here is not.
  #rest() {
    if (this.#isUsed() || this.#isChanged()) return this.#ask();
    if (this.#isOutdated && !document.querySelector("dialog[open]")) location.reload();
    return undefined;
  }

  #ask() {
    this.#presence.ask();
    this.#stage.append(template("idle", this.#language).content.cloneNode(true));
    this.#count(NOTICE);
    this.#dialog().addEventListener("close", this.#stay);
    this.#dialog().showModal();
  }

  #countDown(left) {
    return left > 0 ? this.#count(left) : this.#expire();
  }

  #count(left) {
    const over = this.#stage.querySelector("#over");
    const spoken = this.#stage.querySelector("dialog .enter");
    over.textContent = (left === 1 ? over.dataset.one : over.dataset.many).replace("{n}", left);
    if (this.#isUsed()) over.append(` ${over.dataset.lost}`); // who only reads has nothing to lose
    if (left === 20 || left === 10) spoken.textContent = spoken.dataset.left.replace("{n}", left);
  }

  #stay = () => {
    this.#presence.sign();
    const dialog = this.#dialog();
    if (!dialog) return;
    dialog.removeEventListener("close", this.#stay);
    dialog.close(); // the focus goes back to where it was
    dialog.remove();
  };

  // Somebody may be listening still: say where they are now.
  #expire() {
    this.#leave();
    this.#status.textContent = template("idle", this.#language).content.querySelector("#over").dataset.again;
  }

  #leave() {
    this.#reset();
    this.#greet();
  }

  // A sign of somebody. In the dialog only what is pressed counts; Tab goes from button to button.
  #notice(event) {
    this.#presence.sign();
    if (!this.#dialog() || event.type !== "keydown" && event.type !== "pointerdown") return;
    this.#presence.ask();
    if (event.type !== "keydown" || MOVES.includes(event.key)) return;
    event.preventDefault(); // nor is it typed into the field that gets the focus back
    this.#stay();
  }

  #sleep() {
    if (document.visibilityState === "hidden") this.#presence.hide();
    else if (this.#presence.wasAway()) this.#reset();
    if (document.visibilityState === "visible") wake();
  }

  // ---- what is pressed

  #press(event) {
    if (event.pointerType === "touch") fillScreen();
    const button = event.target.closest("button");
    if (event.detail > 0 && this.#presence.isSlip()) return event.preventDefault();
    if (this.#dialog()) return button && "over" in button.dataset ? this.#leave() : this.#stay();
    if (!button) return undefined;
    if (button.dataset.speak) return this.#speak(button.dataset.speak);
    if ("larger" in button.dataset) return this.#enlarge(button);
    return "next" in button.dataset && this.#leave();
  }

  // The keyboard on the screen takes half of it: the field, and what it asks, must stay in sight.
  #uncover() {
    const field = this.#stage.contains(document.activeElement) && document.activeElement;
    if (!field || !field.matches("textarea")) return;
    const group = faults.groupOf(field);
    group.scrollIntoView({ block: "nearest" });
    if (group.getBoundingClientRect().top < 0) group.scrollIntoView();
  }

  // ---- what is there

  #form() {
    return this.#stage.querySelector("form");
  }

  #dialog() {
    return this.#stage.querySelector("dialog");
  }

  #fields() {
    return [...this.#stage.querySelectorAll("input, textarea")];
  }

  #isOpen() {
    return this.#queue.state === "open";
  }

  #isLarger() {
    return this.#page.classList.contains("larger");
  }
}

const template = (part, language) => document.querySelector(`template[data-part=${part}][data-language="${language}"]`);

const isText = ({ type }) => type === "textarea";

// The language in the address, where the survey has it; else the page's own.
function homeLanguage() {
  const language = new URLSearchParams(location.search).get("lang") || "";
  return /^[\w-]+$/.test(language) && template("survey", language) ? language : document.documentElement.lang;
}

function enter(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function apologize(unsent, text) {
  unsent.textContent = text;
  unsent.scrollIntoView({ block: "nearest" });
}

function fillScreen() {
  const page = document.documentElement;
  if (matchMedia("(display-mode: fullscreen)").matches || document.fullscreenElement || !page.requestFullscreen) return;
  page.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
}

const wake = () => navigator.wakeLock?.request("screen").catch(() => {});
