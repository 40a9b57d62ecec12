// A form is sent once; a field that belongs to one choice is shown with that choice only.

export function watchForms(words) {
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button) { button.setAttribute("aria-disabled", "true"); button.dataset.label = button.textContent; button.textContent = words.sending; }
    });
  }
  // Back in the browser's history the form is there to be sent again.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

  showWith("#ask-kind", "red-line", ".only-red-line");
  showWith("[name=outcome]", "granted-in-part", ".only-in-part");
  for (const box of document.querySelectorAll(".condition input[type=checkbox]")) {
    box.addEventListener("change", () => { box.closest("details").open = box.checked; });
    box.addEventListener("click", (event) => event.stopPropagation());
  }
}

function showWith(choice, value, dependent) {
  const fields = [...document.querySelectorAll(choice)];
  const show = () => {
    const chosen = fields.find((one) => one.type !== "radio" || one.checked);
    for (const box of document.querySelectorAll(dependent)) box.hidden = chosen?.value !== value;
  };
  for (const one of fields) one.addEventListener("change", show);
  if (fields.length) show();
}
