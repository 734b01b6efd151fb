// What is wrong with the answers on a kiosk's screen: found, and told as the server would.
//
// Faults.found(stage)             every fault: [field, its name, what to do]
// Faults.show(stage, found, go)   these and no others; `go(field)` leads to what is to be mended
// Faults.groupOf(field)           what a field stands in
const Faults = (() => {
  function found(stage) {
    const told = stage.querySelector(".alert").dataset;
    const missing = ["satisfaction", "trust"].map((name) => [stage.querySelector(`[name=${name}]`), name])
      .filter(([first, name]) => first && !stage.querySelector(`[name=${name}]:checked`))
      .map(([first, name]) => [first, told[name], name === "trust" ? told.requiredTrust : told.required]);
    const areas = [...stage.querySelectorAll("textarea")].map((area) => {
      const over = [...area.value].length - area.dataset.limit;
      // Numbers are written as in this country, whatever the language.
      const long = (over === 1 ? told.overOne : told.overMany).replace("{n}", over.toLocaleString("en-US"));
      const unreadable = area.value.isWellFormed && !area.value.isWellFormed();
      return [area, told[area.name] || area.labels[0].textContent, over > 0 ? long : unreadable && told.text];
    });
    return [...missing, ...areas.filter(([, , text]) => text)];
  }

  function show(stage, found, go) {
    const alert = stage.querySelector(".alert");
    for (const group of stage.querySelectorAll(".wrong")) unmark(group);
    alert.querySelector("ul").replaceChildren(...found.map((fault) => line(fault, go)));
    for (const [field, , text] of found) mark(field, text);
    alert.hidden = !found.length;
  }

  function line([field, name, text], go) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${field.id}`;
    link.textContent = `${name}: ${text}`;
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the address stays as it is
      go(field);
    });
    item.append(link);
    return item;
  }

  const groupOf = (field) => field.closest("fieldset, .text");
  const described = (field) => (field.type === "textarea" ? field : groupOf(field));
  const describing = (field) => (described(field).getAttribute("aria-describedby") || "").split(" ").filter(Boolean);

  function mark(field, text) {
    const group = groupOf(field);
    const said = document.createElement("p");
    said.className = "error";
    said.id = `${field.name}-error`;
    said.textContent = text;
    group.classList.add("wrong");
    group.firstElementChild.after(said);
    const ids = describing(field);
    ids.splice(-1, 0, said.id); // the count of characters comes last
    described(field).setAttribute("aria-invalid", "true");
    described(field).setAttribute("aria-describedby", ids.join(" "));
  }

  function unmark(group) {
    const said = group.querySelector(".error");
    const field = group.querySelector("input, textarea");
    group.classList.remove("wrong");
    described(field).removeAttribute("aria-invalid");
    described(field).setAttribute("aria-describedby", describing(field).filter((id) => id !== said.id).join(" "));
    said.remove();
  }

  return { found, show, groupOf };
})();
