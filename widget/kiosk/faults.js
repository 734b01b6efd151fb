// What is wrong with the answers on a kiosk's screen: looked for, and said as the server would.
//
// find(stage)               every fault: { field, name, text }, `text` saying what to do
// show(stage, faults, go)   these and no others; `go(field)` leads to what is to be fixed
// groupOf(field)            what a field stands in
export function find(stage) {
  const words = stage.querySelector(".alert").dataset;
  const missing = ["satisfaction", "trust"]
    .filter((name) => stage.querySelector(`[name=${name}]`) && !stage.querySelector(`[name=${name}]:checked`))
    .map((name) => missingOf(stage, name, words));
  const areas = [...stage.querySelectorAll("textarea")].map((field) => (
    { field, name: words[field.name] || field.labels[0].textContent, text: faultOf(field, words) }
  ));
  return [...missing, ...areas.filter(({ text }) => text)];
}

const missingOf = (stage, name, words) => (
  { field: stage.querySelector(`[name=${name}]`), name: words[name], text: name === "trust" ? words.requiredTrust : words.required }
);

function faultOf({ value, dataset }, words) {
  const over = [...value].length - dataset.limit;
  // Numbers are written as in this country, whatever the language.
  if (over > 0) return (over === 1 ? words.overOne : words.overMany).replace("{n}", over.toLocaleString("en-US"));
  return value.isWellFormed && !value.isWellFormed() ? words.text : "";
}

export function show(stage, faults, go) {
  const alert = stage.querySelector(".alert");
  for (const group of stage.querySelectorAll(".wrong")) unmark(group);
  alert.querySelector("ul").replaceChildren(...faults.map((fault) => line(fault, go)));
  for (const { field, text } of faults) mark(field, text);
  alert.hidden = !faults.length;
}

function line({ field, name, text }, go) {
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

export const groupOf = (field) => field.closest("fieldset, .text");
const described = (field) => (field.type === "textarea" ? field : groupOf(field));
const describing = (field) => (described(field).getAttribute("aria-describedby") || "").split(" ").filter(Boolean);

function mark(field, text) {
  const group = groupOf(field);
  const error = document.createElement("p");
  error.className = "error";
  error.id = `${field.name}-error`;
  error.textContent = text;
  group.classList.add("wrong");
  group.firstElementChild.after(error);
  const ids = describing(field);
  ids.splice(-1, 0, error.id); // the count of characters comes last
  described(field).setAttribute("aria-invalid", "true");
  described(field).setAttribute("aria-describedby", ids.join(" "));
}

function unmark(group) {
  const error = group.querySelector(".error");
  const field = group.querySelector("input, textarea");
  group.classList.remove("wrong");
  described(field).removeAttribute("aria-invalid");
  described(field).setAttribute("aria-describedby", describing(field).filter((id) => id !== error.id).join(" "));
  error.remove();
}
