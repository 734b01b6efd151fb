// Keep the demonstration's table of counts up to date, and say aloud which office's count rose.
"use strict";
const table = document.querySelector("[data-counts]");
const news = document.getElementById("news");

function show(office) {
  const row = table.querySelector(`[data-office="${office.office}"]`);
  if (!row) return;
  const cell = row.querySelector("[data-n]");
  const before = Number(cell.textContent);
  row.querySelector("[data-trust]").textContent = office.trust;
  row.querySelector("[data-satisfaction]").textContent = office.satisfaction;
  if (office.n === before) return;
  cell.textContent = office.n;
  row.classList.add("new");
  news.textContent = `${office.name}: ${before} → ${office.n}.`;
}

async function look() {
  try {
    const answer = await fetch(table.dataset.counts);
    if (answer.ok) (await answer.json()).forEach(show);
  } catch {
    // The server was stopped. The table keeps what it knows.
  }
}

setInterval(() => { if (!document.hidden) look(); }, 1500);
document.addEventListener("visibilitychange", look);
addEventListener("pageshow", look);
