// The answer in a kiosk's form, as the queue keeps it.
export function read(form, survey, language) {
  const data = new FormData(form);
  const scores = named(data, "driver-").map(([code, value]) => [code, Number(value)]);
  return {
    survey,
    language,
    satisfaction: data.has("satisfaction") ? Number(data.get("satisfaction")) : null,
    trust: Number(data.get("trust")),
    drivers: form.querySelector("[name=drivers]") ? data.getAll("drivers") : Object.fromEntries(scores),
    // A form would send CRLF for a Return; the field itself has what was typed.
    comment: form.elements.comment?.value || "",
    questions: Object.fromEntries(named(data, "question-").filter(([, value]) => value)),
  };
}

const named = (data, start) => [...data]
  .filter(([name]) => name.startsWith(start))
  .map(([name, value]) => [name.slice(start.length), value]);
