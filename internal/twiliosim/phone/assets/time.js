// Time that passes with nothing pressed.

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const limits = document.getElementById("limits");

// makeTimer gives the clock of one telephone. It stands still while the page is
// hidden, the visitor wants no time limits, or busy() is true. A single second
// is no limit: the line only waits with its tone. draw gets the share of the
// time that is left.
export function makeTimer(draw = () => {}, busy = () => false) {
  let id = 0;
  const timer = {
    // start counts down and then does over; no seconds, no end.
    start(seconds, over) {
      timer.stop();
      if (!seconds) return;
      const step = reduced.matches ? 1 : 0.25;
      let left = seconds;
      const counts = () => limits.checked || seconds <= 1;
      draw(counts() ? 1 : 0);
      id = setInterval(() => {
        if (!counts()) draw(0);
        if (!counts() || document.hidden || busy()) return;
        left -= step;
        draw(Math.max(left, 0) / seconds);
        if (left > 0) return;
        timer.stop();
        over();
      }, step * 1000);
    },
    stop() {
      clearInterval(id);
      draw(0);
    },
  };
  return timer;
}
