// A public screen is touched in every way: what lifts, marks, carries away, enlarges or leads out of
// the page does nothing here. Text may be marked where it is typed.
const never = (event) => event.preventDefault();
const isTyped = ({ target }) => target.closest && target.closest("textarea, input");

// Zoom, and every key that opens something of the browser's: files, print, find, history, source.
const isDoor = ({ key, ctrlKey, metaKey, altKey }) => ["F1", "F3", "F7"].includes(key)
  || (ctrlKey || metaKey) && !altKey && "+-=0sfpouhjgd".includes(key.toLowerCase())
  || altKey && ["ArrowLeft", "ArrowRight", "Home"].includes(key);

// Going back would leave, and bring another time's page: there is always one more step.
const stand = () => history.pushState(null, "");

export function guard() {
  for (const type of ["contextmenu", "dragstart", "dragover", "drop", "copy", "cut", "gesturestart"])
    addEventListener(type, never, { capture: true });
  addEventListener("selectstart", (event) => isTyped(event) || never(event));
  addEventListener("wheel", (event) => event.ctrlKey && never(event), { passive: false });
  addEventListener("touchmove", (event) => event.touches.length > 1 && never(event), { passive: false });
  addEventListener("keydown", (event) => isDoor(event) && never(event));
  addEventListener("popstate", stand);
  stand();
}
