// The survey works without this script; it only helps. A kiosk uses the two functions at its top.

// The drivers carry the side of the trust rating: what went well, or what could be better.
// Taps of the other side are put aside, and come back when the person does.
function siding(form, aside) {
  const question = form.querySelector("#drivers-question");
  const taps = [...form.querySelectorAll("[name=drivers]")];
  let side = "";
  return () => {
    const trust = form.querySelector("[name=trust]:checked");
    if (!question || !trust) return;
    const next = trust.value >= question.dataset.good ? "positive" : "negative";
    if (next === side) return;
    if (side) {
      aside[side] = taps.filter((tap) => tap.checked).map((tap) => tap.value);
      for (const tap of taps) tap.checked = (aside[next] || []).includes(tap.value);
    }
    side = next;
    question.textContent = question.dataset[side];
  };
}

// Characters as the server counts them: code points, a line break being one.
function counting(area) {
  const left = area.parentNode.querySelector(".left");
  let timer;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const n = area.dataset.limit - [...area.value].length;
      const text = n < 0 ? left.dataset.over : left.dataset.left;
      left.textContent = n > 200 ? "" : text.replace("{n}", Math.abs(n));
    }, 300);
  });
}

(() => {
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
  const turn = siding(form, {});
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

  form.addEventListener("change", (event) => {
    if (event.target.name === "trust") turn();
  });
  form.querySelectorAll("textarea").forEach(counting);

  // Also fired when the page comes back by the back button, with its answers.
  addEventListener("pageshow", () => {
    sent = -Infinity;
    send.textContent = words;
    turn();
  });
  if (alarm) alarm.focus();
})();
