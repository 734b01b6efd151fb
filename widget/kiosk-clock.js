// When an answer was given, though this device's clock may be wrong.
//
// `at` is what this device's clock showed. A stretch is a time in which that clock ran on
// undisturbed; the server's offset, measured in a stretch, holds for all of its answers. Whoever
// sets the clock between an answer and its sending must not move the answer.
const Clock = (() => {
  let stretch = Store.unique();
  let offset = null;
  let base = Date.now() - performance.now();

  function watch() {
    const next = Date.now() - performance.now();
    // Set anew, or asleep: both look the same from here. The next measurement tells.
    if (Math.abs(next - base) > 5000) {
      stretch = Store.unique();
      offset = null;
    }
    base = next;
  }

  // The server's clock is so many seconds ahead of this one.
  async function measured(seconds) {
    watch();
    if (offset === null) {
      const mine = stretch;
      await Store.changeAll((answer) => {
        if (answer.stretch !== mine || answer.offset !== null) return false;
        answer.offset = seconds;
        return true;
      });
    }
    offset = seconds;
  }

  function now() {
    watch();
    return { at: Date.now(), offset, stretch };
  }

  return { watch, measured, now, get offset() { return offset; } };
})();
