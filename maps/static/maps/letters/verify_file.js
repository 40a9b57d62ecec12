// Is a PDF the letter itself? The browser computes its hash: the file goes nowhere.

const sentences = JSON.parse(document.getElementById("sentences").textContent);
const drop = document.getElementById("drop");
const MOST = 50 * 1000 ** 2;

async function compare(file) {
  if (!file) return;
  if (!globalThis.crypto?.subtle) return tell("cannot", sentences.cannot);
  if (file.size > MOST) return tell("differs", sentences.differs);
  tell("waiting", sentences.waiting);
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const found = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const same = found === drop.dataset.sha256;
    tell(same ? "same" : "differs", same ? sentences.same : sentences.differs);
  } catch {
    tell("cannot", sentences.unreadable);
  }
}

function tell(state, text) {
  const box = document.getElementById("compared");
  box.dataset.state = state;
  box.textContent = text;
  box.hidden = false;
}

if (drop) {
  document.getElementById("file").addEventListener("change", ({ target }) => compare(target.files[0]));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.dataset.over = "true"; });
  drop.addEventListener("dragleave", () => { delete drop.dataset.over; });
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    compare(event.dataTransfer.files[0]);
  });
}
