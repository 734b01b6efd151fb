// The loader: one script tag opens the survey inside an agency's page.
//
// Nothing but this file is fetched until the survey opens. It stores nothing and puts nothing on
// `window` but `cx`. The page's policy needs our host in script-src and frame-src, nothing more:
// no markup is parsed, styles are adopted sheets in a shadow root, where neither side's reach.
(() => {
  "use strict";
  const tag = document.currentScript;
  // The same tag twice, as templates and consent managers do, is still one survey.
  const same = ({ cxRead, dataset }) => cxRead === JSON.stringify(dataset) && cxRead === tag.cxRead;
  tag.cxRead = JSON.stringify(tag.dataset);
  if ([...document.scripts].some((other) => other !== tag && same(other))) return;
  const home = new URL(tag.src).origin;
  const { cxMode: mode = "button", cxTarget, cxOn, cxLabel, cxSample = 1, cxRest = 0 } = tag.dataset;
  const spanish = /^es/i.test(document.documentElement.lang);
  const [ask, title, shut, plain] = spanish
    ? ["¿Cómo le fue?", "Encuesta breve", "Cerrar", "Abrir la encuesta"]
    : ["How did it go?", "Short survey", "Close", "Open the survey"];
  const STYLE = `:host{all:initial}
*{box-sizing:border-box;font:1rem/1.3 system-ui,sans-serif}
button,a{display:inline-block;min-height:44px;padding:.6rem 1rem;border:1px solid #fff;border-radius:.25rem;background:#005ea2;color:#fff;font-weight:700;cursor:pointer}
:focus-visible{outline:.25rem solid #2491ff;outline-offset:1px}
.corner{position:fixed;inset-block-end:1rem;inset-inline-end:1rem;z-index:2147483647}
dialog{width:42rem;max-width:100vw;max-height:100dvh;margin:auto;padding:0;border:1px solid #565c65;background:#fff}
.shut{display:block;position:sticky;top:.25rem;z-index:1;margin:.25rem;margin-inline-start:auto}
iframe{display:block;width:100%;height:40rem;border:0}
@media print{.corner{display:none}}`;

  let link = tag.dataset.cx;
  let asked = false;
  let box; // the open dialog
  const unsaved = new Set();

  const make = (name, set, into) => into.appendChild(Object.assign(document.createElement(name), set));

  const shade = (into) => {
    const host = make("div", { lang: spanish ? "es" : "en" }, into);
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    return shadow;
  };

  // The survey's own page in a frame. Without its "ready" in 4 seconds the plain link takes its place.
  const show = (into, leave) => {
    const url = new URL(link);
    url.searchParams.set("o", location.origin);
    if (spanish && !url.searchParams.has("lang")) url.searchParams.set("lang", "es");
    const frame = make("iframe", { title, referrerPolicy: "strict-origin" }, into);
    frame.setAttribute("sandbox", "allow-forms allow-scripts allow-same-origin allow-popups");
    const stop = () => {
      clearTimeout(timer);
      removeEventListener("message", hear);
    };
    const hear = ({ origin, source, data }) => {
      if (origin !== home || source !== frame.contentWindow || data?.cx !== 1) return;
      clearTimeout(timer);
      if (data.h > 0) frame.style.height = Math.min(Math.max(data.h, 100), 4000) + "px";
      if (data.type === "close") leave();
    };
    const timer = setTimeout(() => {
      stop();
      frame.remove();
      make("a", { href: link, target: "_blank", rel: "noopener", textContent: plain }, into).focus();
      const service = url.pathname.split("/").at(-3);
      console.warn(`Survey not shown: add ${location.origin} to embed_origins of service ${service}, or ${home} to this page's frame-src.`);
    }, 4000);
    addEventListener("message", hear);
    frame.src = url;
    return stop;
  };

  const open = () => {
    if (box) return box.isConnected;
    const shadow = shade(document.body);
    box = make("dialog", { ariaLabel: title }, shadow);
    const close = () => box.close();
    make("button", { className: "shut", textContent: shut, onclick: close }, box);
    const stop = show(box, close);
    box.onclose = () => {
      stop();
      shadow.host.remove();
      box = null;
    };
    box.showModal(); // the browser moves the focus in, keeps it there, and brings it back
    return true;
  };

  // Never while somebody fills in a form, never twice in a page's life, one draw per event.
  const prompt = (host = {}) => {
    const rested = !(host.asked && Date.now() - new Date(host.asked) < cxRest * 864e5);
    const busy = unsaved.size || document.activeElement?.closest("form,[contenteditable]");
    if (asked || busy || !rested || !link) return false;
    asked = true;
    return Math.random() < cxSample && open();
  };

  const place = () => {
    // A host that strips attributes leaves a plain link: the first one that leads to us is it.
    const anchor = !link && document.querySelector(`a[href^="${home}/"][href*="/s/"]`);
    if (anchor) {
      link = anchor.href;
      anchor.addEventListener("click", (event) => {
        event.preventDefault();
        open();
      });
      return;
    }
    if (!link) return;
    if (mode === "inline") {
      const into = document.querySelector(cxTarget);
      if (!into || into.cxShown) return;
      into.cxShown = true;
      const part = make("section", { ariaLabel: title }, shade(into));
      show(part, () => {});
    } else if (mode === "button" && !corner?.isConnected) {
      // In a corner of the window; or in the page's own footer, if it names one.
      const into = cxTarget ? document.querySelector(cxTarget) : document.body;
      if (!into) return;
      const shadow = shade(into);
      corner = shadow.host;
      make("button", { className: cxTarget ? "" : "corner", textContent: cxLabel || ask, onclick: open, ariaHasPopup: "dialog" }, shadow);
    }
  };
  let corner;

  const start = () => {
    place();
    // A single-page application may replace what we stood in.
    new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
  };

  const typed = ({ target }) => target.form && unsaved.add(target.form);
  const sent = ({ target }) => unsaved.delete(target);
  addEventListener("input", typed, true);
  addEventListener("submit", sent, true);
  addEventListener("reset", sent, true);
  if (cxOn) document.addEventListener(cxOn, ({ detail }) => prompt(detail || {}));
  window.cx ??= { ask: prompt, open };
  if (document.body && document.readyState !== "loading") start();
  else addEventListener("DOMContentLoaded", start);
})();
