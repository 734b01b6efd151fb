// Say ten minutes before a session ends that it does, and let one press keep it. It asks the server
// before it says anything: another tab may have kept the session, or ended it.
"use strict";
const box = document.getElementById("staying");
const news = box.querySelector("[role=status]");
const form = box.querySelector("form");
const foot = document.getElementById("session-end");
// What is left, in seconds, when something new is said.
const STEPS = [600, 300, 120, 60, 0];
const LOOK = 5000;
// Milliseconds for which the good news stands.
const GLAD = 15000;

let left = Number(box.dataset.left);
let last = Number(box.dataset.last);
let asOf = Date.now();
let said = null;
let glad = 0;

// The device's clock may be wrong: only what has passed on it counts.
const passed = () => (Date.now() - asOf) / 1000;

function know(seconds, most) {
  [left, last, asOf] = [seconds, most, Date.now()];
  if (left > 0) write();
}

// At the foot, by the clock of who reads it.
function write() {
  const until = `You are signed out at ${clockTime(left)}`;
  foot.textContent = last > left
    ? `${until} unless you open another page before then.`
    : `${until}, 12 hours after you signed in.`;
}

function say(text, { canStay = false } = {}) {
  if (form.contains(document.activeElement) && !canStay) {
    // The button goes: whoever stood on it hears what became of it.
    news.tabIndex = -1;
    news.focus();
  }
  news.textContent = text;
  form.hidden = !canStay;
  box.classList.toggle("open", text !== "");
}

function clockTime(seconds) {
  const when = new Date(asOf + seconds * 1000);
  return when.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
}

async function ask(address, how) {
  try {
    const answer = await fetch(address, { redirect: "manual", ...how });
    if (answer.ok) {
      const { left: seconds, last: most } = await answer.json();
      know(seconds, most);
    } else if (answer.type === "opaqueredirect") {
      know(0, 0);
    } else {
      return false;
    }
    return true;
  } catch {
    return false;
  }
}

function tell() {
  const rest = left - passed();
  if (rest > STEPS[0]) {
    say("");
  } else if (rest <= 0) {
    const writes = document.querySelector("main form[method=post]") !== null;
    say(writes
      ? "You are signed out. What you wrote is still on this page. Press its button: then you can sign in again, and send your words."
      : "You are signed out. To go on, open a page and sign in again.");
  } else {
    const minutes = Math.ceil(rest / 60);
    const soon = `You will be signed out in ${minutes} ${minutes === 1 ? "minute" : "minutes"}, at ${clockTime(left)}`;
    if (last > left) say(`${soon}, because you have not opened a page for a while.`, { canStay: true });
    else say(`${soon}. A session lasts 12 hours and cannot be made longer. Save what you wrote, or sign in again afterwards.`);
  }
}

async function look() {
  const rest = left - passed();
  const step = STEPS.findLast((seconds) => rest <= seconds);
  if (step === undefined) {
    said = null;
    if (glad && Date.now() - glad > GLAD) {
      glad = 0;
      say("");
    }
    return;
  }
  if (step === said) return;
  said = step;
  await ask(box.dataset.address);
  tell();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
  if (!(await ask(form.action, { method: "POST", headers, body: "" }))) {
    say("The server did not answer. Please try again.", { canStay: true });
    return;
  }
  said = null;
  if (left <= STEPS[0]) {
    look();
    return;
  }
  glad = Date.now();
  say(`You stay signed in until ${clockTime(left)}.`);
});

write();
setInterval(look, LOOK);
document.addEventListener("visibilitychange", look);
addEventListener("pageshow", look);
