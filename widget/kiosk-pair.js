// The pairing page. A device that is paired goes on to its survey; one that holds answers says of
// which office, for they are sent when it is paired there again.
(async () => {
  const WAIT = 120000;
  const held = document.getElementById("held");
  const form = document.querySelector("form");
  const asked = new URLSearchParams(location.search);
  let sent = false;

  // A code works once: the second of two taps must not use it up for nothing.
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });

  await Queue.open();
  const { link, refused, waiting, aside, offices } = await Queue.status();
  const n = waiting + aside.length;
  held.textContent = held.dataset.text.replace("{n}", n).replace("{offices}", offices.join(", "));
  held.hidden = n === 0;
  const invalid = document.querySelector("[aria-invalid]");
  if (!link || asked.has("code") || invalid) return;
  const leave = () => location.replace(new URL(link).pathname);
  if (!refused && !asked.has("again")) return leave();
  // Out of service, or called up by somebody who went away: the device looks after itself.
  let timer = setTimeout(leave, WAIT);
  for (const type of ["keydown", "pointerdown", "input"])
    addEventListener(type, () => {
      clearTimeout(timer);
      timer = setTimeout(leave, WAIT);
    });
})();
