// When an answer was given, though this device's clock may be wrong.
//
// `at` is what this device's clock showed. A stretch is a time in which that clock ran on
// undisturbed; the server's offset, measured in a stretch, holds for all of its answers. Whoever
// sets the clock between an answer and its sending must not move the answer.
import { uuid } from "./uuid.js";

const JUMP = 5000; // milliseconds by which the wall's clock may leave the steady one

export class Clock {
  #store;
  #time;
  #stretch = uuid();
  #base;
  #offset = null;

  constructor(store, time) {
    this.#store = store;
    this.#time = time;
    this.#base = this.#ahead();
  }

  // Seconds that the server's clock is ahead, in this stretch; null before it was measured.
  get offset() {
    return this.#offset;
  }

  watch() {
    const next = this.#ahead();
    // Set anew, or asleep: both look the same from here. The next measurement tells.
    if (Math.abs(next - this.#base) > JUMP) {
      this.#stretch = uuid();
      this.#offset = null;
    }
    this.#base = next;
  }

  async measured(seconds) {
    this.watch();
    if (this.#offset === null) await this.#date(this.#stretch, seconds);
    this.#offset = seconds;
  }

  // What is written beside an answer that is given now.
  now() {
    this.watch();
    return { at: this.#time.wall(), offset: this.#offset, stretch: this.#stretch };
  }

  #date(stretch, seconds) {
    return this.#store.changeAll((answer) => {
      if (answer.stretch !== stretch) return false;
      answer.offset = seconds;
      return true;
    });
  }

  #ahead() {
    return this.#time.wall() - this.#time.steady();
  }
}
