// The pairing page. A device that is paired goes on to its survey; one that is not, but holds
// answers, says so: they are sent when it is paired again.
(async () => {
  const held = document.getElementById("held");
  const asked = new URLSearchParams(location.search);
  await Queue.open();
  const { link, refused, waiting, aside } = await Queue.status();
  const n = waiting + aside.length;
  held.textContent = held.dataset.text.replace("{n}", n);
  held.hidden = n === 0;
  const stay = asked.has("code") || asked.has("again") || document.querySelector("[aria-invalid]");
  if (link && !refused && !stay) location.replace(link);
})();
