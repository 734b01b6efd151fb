// Move through the list of comments by keys, while it has the focus: j next, k previous, o open.
// One press turns the keys off for this browser (WCAG 2.1.4).
"use strict";
const STORE = "cx-list-keys";
const list = document.querySelector("ol.list");
const row = document.getElementById("list-keys");

if (list && row) {
  const links = [...list.querySelectorAll(".row-text a")];
  const box = row.querySelector("input");
  box.checked = stored() !== "off";
  box.addEventListener("change", () => store(box.checked ? "on" : "off"));
  list.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const at = links.indexOf(document.activeElement);
    if (at < 0) return;
    if (event.key === "j") links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "k") links[Math.max(at - 1, 0)].focus();
    else if (event.key === "o") links[at].click();
    else return;
    event.preventDefault();
  });
  row.hidden = false;
}

// A browser may keep nothing: then the keys are on anew with every page.
function stored() {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(STORE, value);
  } catch {
    // It holds for this page.
  }
}
