// The survey works without this script; it only helps. A kiosk has it, too: there forms come and go,
// so the document listens for what is chosen and typed, whichever form it is in.

(() => {
  // The drivers carry the side of the trust rating: what went well, or what could be better. Taps
  // of the other side are put aside, and come back when the person does. The form itself remembers
  // them: when it is gone, they are.
  function swap(tap) {
    const other = tap.hasAttribute("data-aside");
    tap.toggleAttribute("data-aside", tap.checked);
    tap.checked = other;
  }

  function turn(form) {
    const question = form.querySelector("#drivers-question");
    const trust = form.querySelector("[name=trust]:checked");
    if (!question || !trust) return;
    const { good, side, positive, negative } = question.dataset;
    const next = trust.value >= good ? "positive" : "negative";
    if (next === side) return;
    if (side) form.querySelectorAll("[name=drivers]").forEach(swap);
    question.dataset.side = next;
    question.textContent = next === "positive" ? positive : negative;
  }

  const timers = new WeakMap();

  // Characters as the server counts them: code points, a line break being one.
  function count(area) {
    const left = area.parentNode.querySelector(".left");
    const n = area.dataset.limit - [...area.value].length;
    const text = n < 0 ? left.dataset.over : left.dataset.left;
    left.textContent = n > 200 ? "" : text.replace("{n}", Math.abs(n));
  }

  document.addEventListener("change", ({ target }) => {
    if (target.name === "trust") turn(target.form);
  });
  document.addEventListener("input", ({ target }) => {
    if (!target.matches("textarea[data-limit]")) return;
    clearTimeout(timers.get(target));
    timers.set(target, setTimeout(count, 300, target));
  });

  const form = document.getElementById("answers");

  // Inside an agency's page: tell that page, and no other, how tall we are and when we are done.
  const host = document.body.dataset.host;
  if (host && parent !== window) {
    const tell = (type) => {
      const h = Math.ceil(document.body.getBoundingClientRect().height);
      parent.postMessage({ cx: 1, type, h }, host);
    };
    tell("ready");
    new ResizeObserver(() => tell("resize")).observe(document.body);
    if (document.querySelector(".done")) tell("done");
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape") tell("close");
    });
  }
  if (!form) return;

  const send = form.querySelector(".send");
  const unsent = document.getElementById("unsent");
  const alarm = document.querySelector("[role=alert]");
  const words = send.textContent;
  let sent = -Infinity;
  let reached = false;

  // Offline, the browser would put its own page in the place of this one, and the words are gone.
  // So we ask first: it also says "offline" where the server is on this machine.
  function reach(submitter) {
    fetch("", { method: "HEAD" }).then(() => {
      reached = true;
      form.requestSubmit(submitter);
    }, () => {
      unsent.textContent = unsent.dataset.text;
      unsent.scrollIntoView({ block: "nearest" });
    });
  }

  // A second press within seconds is a slip. Later it is a person whose network failed.
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine && !reached) {
      event.preventDefault();
      return reach(event.submitter);
    }
    reached = false;
    unsent.textContent = "";
    if (event.timeStamp - sent < 5000) return event.preventDefault();
    sent = event.timeStamp;
    if (event.submitter && event.submitter.name) return;
    send.textContent = send.dataset.sending;
    setTimeout(() => { send.textContent = words; }, 5000);
  });

  // Also fired when the page comes back by the back button, with its answers.
  addEventListener("pageshow", () => {
    sent = -Infinity;
    send.textContent = words;
    turn(form);
  });
  if (alarm) alarm.focus();
})();
