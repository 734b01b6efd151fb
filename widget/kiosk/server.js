// The server, as this device reaches it.
const TIMEOUT = 30000;

export class Server {
  #fetch;
  #time;
  #root;

  constructor(fetch, time, root) {
    this.#fetch = fetch;
    this.#time = time;
    this.#root = root;
  }

  // Resolves to the status and what was said, null where that is not JSON: a network that wants
  // people to sign in answers 200, too. Rejects where nobody answers.
  async post(address, content) {
    const patience = new AbortController();
    const timer = this.#time.after(TIMEOUT, () => patience.abort());
    try {
      const response = await this.#fetch(this.#root + address, request(content, patience.signal));
      const isJson = /json/.test(response.headers.get("content-type") || "");
      return { status: response.status, body: isJson ? await response.json() : null };
    } finally {
      this.#time.cancel(timer);
    }
  }
}

const request = (content, signal) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(content),
  cache: "no-store",
  credentials: "omit",
  redirect: "error",
  signal,
});
