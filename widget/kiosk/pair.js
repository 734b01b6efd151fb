// The pairing page. A device that is paired goes on to its survey; one that holds answers says of
// which office, for they are sent when it is paired there again.
import { queue, start, store } from "./browser.js";
import { proofOf, secretOf } from "./pin.js";

const WAIT = 120000;
const notice = document.getElementById("held");
const form = document.querySelector("form");
const parameters = new URLSearchParams(location.search);

// A code works once: the second of two taps must not use it up for nothing. The proof goes along, by
// which this device, and none that only knows its link, gets its PIN; without a disk there is none.
function sendOnce() {
  let isSent = false;
  const proof = secretOf(store).then(proofOf).catch(() => "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    form.elements.proof.value = await proof;
    form.submit();
  });
  addEventListener("pageshow", () => { isSent = false; });
}

function show({ waiting, aside, offices }) {
  const n = waiting + aside.length;
  notice.textContent = notice.dataset.text.replace("{n}", n).replace("{offices}", offices.join(", "));
  notice.hidden = n === 0;
}

// Out of service, or called up by somebody who went away: the device looks after itself.
function leaveWhenAlone(leave) {
  let timer = setTimeout(leave, WAIT);
  for (const type of ["keydown", "pointerdown", "input"])
    addEventListener(type, () => {
      clearTimeout(timer);
      timer = setTimeout(leave, WAIT);
    });
}

async function begin() {
  await start();
  const status = await queue.status();
  show(status);
  const { link, refused } = status;
  if (!link || parameters.has("code") || document.querySelector("[aria-invalid]")) return;
  const leave = () => location.replace(new URL(link).pathname);
  if (refused || parameters.has("again")) leaveWhenAlone(leave);
  else leave();
}

sendOnce();
begin().catch(() => {}); // where nothing can be kept, there is still a form

export { queue };
