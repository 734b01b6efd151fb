// Whether somebody is there. It knows the time, and nothing of the screen.
const QUIET = 30; // seconds without a sign of anybody, before we ask
export const NOTICE = 30; // seconds to answer that question
const THANKS = 10; // seconds since the last sign of whoever answered
const LONGEST = 30; // the thanks go, whoever is there
const SLIP = 500; // milliseconds in which a second press is still the first one's
const AWAY = (QUIET + NOTICE) * 1000;

export class Presence {
  #time;
  #begun;
  #signed;
  #askedAt = 0;
  #shownAt = -Infinity;
  #hiddenAt = Infinity;
  #drift;

  constructor(time) {
    this.#time = time;
    this.#begun = time.steady();
    this.#signed = this.#begun;
    this.#drift = time.wall() - this.#begun;
  }

  // Somebody has touched, typed, moved or scrolled.
  sign() {
    this.#signed = this.#time.steady();
  }

  // Something has come up that may be pressed by mistake.
  show() {
    this.#shownAt = this.#time.steady();
  }

  // The second tap of two quick ones was not meant for what has just come up.
  isSlip() {
    return this.#time.steady() - this.#shownAt < SLIP;
  }

  isQuiet() {
    return this.#since(this.#signed) >= QUIET;
  }

  areThanksOver() {
    return this.#since(Math.max(this.#shownAt, this.#signed)) >= THANKS || this.#since(this.#shownAt) >= LONGEST;
  }

  // Time enough to start anew: it was up for minutes, and nobody has been there for one.
  isIdle() {
    return this.#since(this.#begun) > 300 && this.#since(this.#signed) > 60;
  }

  ask() {
    this.#askedAt = this.#time.steady();
  }

  // Seconds left to say "I need more time".
  left() {
    return NOTICE - Math.floor(this.#since(this.#askedAt));
  }

  // The wall's clock went on without the page's: the device slept, or its clock was set.
  woke() {
    const ahead = this.#time.wall() - this.#time.steady() - this.#drift;
    this.#drift += ahead;
    return Math.abs(ahead) > AWAY;
  }

  hide() {
    this.#hiddenAt = this.#time.wall();
  }

  // Asleep, no clock of the page runs: whoever wakes the device is somebody else.
  wasAway() {
    return Math.abs(this.#time.wall() - this.#hiddenAt) > AWAY;
  }

  #since(moment) {
    return (this.#time.steady() - moment) / 1000;
  }
}
