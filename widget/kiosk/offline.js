// A start without a network: the worker puts the page by. It needs https, or this very machine.
// The event `release` says that a newer page is ready.
export class Offline extends EventTarget {
  #root;
  #worker = null;

  constructor(root) {
    super();
    this.#root = root;
  }

  get isReady() {
    return this.#worker !== null;
  }

  // `isKiosk`: the page in the address is one to be put by.
  async install(isKiosk) {
    navigator.storage?.persist?.().catch(() => {});
    const workers = navigator.serviceWorker;
    if (!workers) return;
    const isKnown = Boolean(workers.controller);
    workers.addEventListener("message", ({ data }) => data === "renewed" && this.#announce());
    try {
      this.#worker = await workers.register(trusted(`${this.#root}/k/sw.js`), { scope: `${this.#root}/k` });
      const { active } = await workers.ready;
      if (isKiosk && !isKnown) active.postMessage("keep");
    } catch {
      this.#worker = null;
    }
  }

  renew() {
    if (this.#worker?.active) this.#worker.active.postMessage("renew");
    else this.#announce();
  }

  // Whether the browser has promised to clear nothing by itself.
  async isProtected() {
    return navigator.storage?.persisted ? navigator.storage.persisted() : false;
  }

  #announce() {
    this.dispatchEvent(new Event("release"));
  }
}

function trusted(address) {
  if (!window.trustedTypes) return address;
  return trustedTypes.createPolicy("cx", { createScriptURL: (url) => url }).createScriptURL(address);
}
