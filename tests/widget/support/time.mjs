// A device's time, in the hands of a test. The wall's clock can be set; the steady one only goes on.
export class Time {
  #steady = 1000;
  #wall;
  #timers = new Map();
  #next = 1;

  constructor(wall) {
    this.#wall = wall;
  }

  wall = () => this.#wall;

  steady = () => this.#steady;

  after = (milliseconds, work) => {
    this.#timers.set(this.#next, { at: this.#steady + milliseconds, work });
    return this.#next++;
  };

  cancel = (timer) => this.#timers.delete(timer);

  // Somebody, or the system, sets the clock on the wall.
  set(milliseconds) {
    this.#wall += milliseconds;
  }

  // Lets time pass, second by second, and everything have its turn.
  async forward(milliseconds) {
    await idle();
    for (const end = this.#steady + milliseconds; this.#steady < end;) {
      const step = Math.min(1000, end - this.#steady);
      this.#steady += step;
      this.#wall += step;
      await this.#ring();
    }
  }

  // The soonest a send can be, when the queue has just failed or ended: what is due in the future.
  pauses() {
    return [...this.#timers.values()].map(({ at }) => at - this.#steady);
  }

  async #ring() {
    for (const [timer, { at, work }] of [...this.#timers]) {
      if (at > this.#steady || !this.#timers.delete(timer)) continue;
      work();
      await idle();
    }
  }
}

// Everything that can go on without more time has gone on.
export async function idle() {
  for (let n = 0; n < 3; n += 1) await new Promise((done) => { setImmediate(done); });
}
