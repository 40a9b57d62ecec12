// Single letters do things, unless somebody is writing.

const writes = (target) => target.closest("input, textarea, select, [contenteditable]");

export function listen(actions) {
  const dialog = document.getElementById("keys");
  const help = () => { if (!dialog.open) dialog.showModal(); };
  document.getElementById("keys-button").addEventListener("click", help);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.defaultPrevented) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = event.key === "?" ? help : actions[event.key];
    if (!act) return;
    if (act(event) !== false) event.preventDefault();
  });
}
