// The PIN of this device. Its hash came with the heartbeat, so that it opens without a network, too:
// to this device alone, which shows the secret that it made when it was paired.
const TRIES = 5;
const LOCKED = 300000; // and twice as long each time after, up to
const LONGEST = 1800000;
const FORGIVEN = 86400000;

// 64 hex digits that never leave this device but in its own heartbeat. Made once, when it is paired.
export async function secretOf(store) {
  const known = await store.recall("secret");
  if (known) return known;
  const made = hex(crypto.getRandomValues(new Uint8Array(32)));
  await store.remember("secret", made);
  return made;
}

// What the server keeps of the secret: its hash, in hex digits.
export async function proofOf(secret) {
  const bytes = Uint8Array.from(secret.match(/../g), (pair) => parseInt(pair, 16));
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Whether somebody has typed the PIN whose hash this is: "…$rounds$salt$hash".
export async function fits(typed, encoded) {
  const [, rounds, salt, hash] = encoded.split("$");
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(typed), "PBKDF2", false, ["deriveBits"]);
  const bytes = Uint8Array.from(atob(plain(salt)), (letter) => letter.charCodeAt(0));
  const derived = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes, iterations: Number(rounds) }, key, 256);
  return plain(btoa(String.fromCharCode(...new Uint8Array(derived)))) === plain(hash);
}

const plain = (base64) => base64.replace(/-/g, "+").replace(/_/g, "/").replace(/=/g, "");

// Wrong PINs, counted on the disk: a fresh start is no fresh try.
export class Tries {
  #store;
  #time;

  constructor(store, time) {
    this.#store = store;
    this.#time = time;
  }

  // Minutes to wait until the next try; 0 where it may be now.
  async wait() {
    const { until } = await this.#recall();
    const left = until - this.#time.wall();
    return left > 0 && left <= LONGEST ? Math.ceil(left / 60000) : 0;
  }

  // Counted before the PIN is judged: pulling the plug wins no second guess.
  async count() {
    const now = this.#time.wall();
    const tries = await this.#recall();
    tries.n = Math.abs(now - tries.at) > FORGIVEN ? 1 : tries.n + 1;
    tries.at = now;
    if (tries.n % TRIES === 0) tries.until = now + Math.min(LONGEST, LOCKED * 2 ** (tries.n / TRIES - 1));
    await this.#store.remember("tries", tries);
  }

  forget() {
    return this.#store.remember("tries", null);
  }

  async #recall() {
    return await this.#store.recall("tries") || { n: 0, at: this.#time.wall(), until: 0 };
  }
}
