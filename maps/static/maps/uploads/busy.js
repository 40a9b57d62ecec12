// A long act says that it goes on, and is not sent twice.

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.classList.contains("is-busy")) {
      event.preventDefault();
      return;
    }
    form.classList.add("is-busy");
    const button = form.querySelector("button:not([type=button])");
    button.setAttribute("aria-busy", "true");
    const line = document.createElement("p");
    line.className = "busy-line";
    line.setAttribute("role", "status");
    line.append(document.createElement("progress"), form.dataset.busy);
    button.after(line);
  });
}

// Back from a later page the form is whole again.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const form of document.querySelectorAll("form.is-busy")) {
    form.classList.remove("is-busy");
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    form.querySelector(".busy-line")?.remove();
  }
});
