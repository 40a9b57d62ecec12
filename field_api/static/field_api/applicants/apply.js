// The application on one page: everything typed stays until the portal has taken it.

import { read } from "./base_map.js";
import { createDraft } from "./draft.js";
import { createFinder } from "./kbli.js";
import { watchNumbers } from "./numbers.js";
import { createParcel } from "./parcel.js";
import { send } from "./sending.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const words = read("words");
const trouble = byId("trouble");
const papers = [...form.querySelectorAll(".paper input")];
const draft = createDraft(form);
const found = trouble.hidden ? draft?.find() : null; // the page of an error holds what was typed
const left = byId("f-geometry").value && { geometry: JSON.parse(byId("f-geometry").value), receipt: byId("f-receipt").value };

createFinder(read("activity-list"), form, words);
const chooseKind = watchNumbers(form, words);
byId("summary").hidden = false;

let keeping;
const keep = () => {
  clearTimeout(keeping);
  keeping = setTimeout(() => draft?.keep(parcel?.current()), 400);
};
const summarise = () => {
  const told = parcel?.told();
  const line = (name, text) => { form.querySelector(`[data-of="${name}"]`).textContent = text || "–"; };
  line("applicant", form.elements.applicant.value);
  line("activity", [form.elements.activity.value, form.elements.kbli.value && `KBLI ${form.elements.kbli.value}`].filter(Boolean).join(" · "));
  line("parcel", told && [document.querySelector("#found .area")?.textContent, told.kelurahan.map(({ name }) => name).join(", ")].filter(Boolean).join(" · "));
  line("papers", papers.filter(({ files }) => files.length).map(({ labels }) => labels[0].firstChild.textContent.trim()).join(", "));
};
const fault = (name, text) => {
  const box = form.querySelector(`[data-field="${name}"]`);
  if (!box) return false;
  box.classList.toggle("faulty", Boolean(text));
  byId(`e-${name}`).textContent = text;
  const input = byId(`f-${name}`);
  if (input) text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  return true;
};

if (found) {
  draft.restore(found);
  chooseKind();
  const at = new Date(found.at).toLocaleString(document.documentElement.lang.startsWith("en") ? "en-GB" : "id-ID", { dateStyle: "medium", timeStyle: "short" });
  byId("draft").querySelector("span").textContent = words.draftFound.replace("%s", at);
  byId("draft").hidden = false;
}
byId("drop-draft").addEventListener("click", () => { clearTimeout(keeping); draft.drop(); form.reset(); location.reload(); });

let parcel = null;
parcel = await createParcel(form, words, { onChange: () => { summarise(); keep(); } });
if (found?.parcel ?? left) parcel.restore(found?.parcel ?? left);
summarise();

form.addEventListener("input", ({ target }) => {
  const box = target.closest("[data-field]");
  if (box && target.type !== "file") fault(box.dataset.field, "");
  summarise();
  keep();
});
for (const input of papers) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    const wrong = file && !/\.(pdf|jpe?g|png)$/i.test(file.name) && !/pdf|jpeg|png/.test(file.type);
    fault(input.name, file?.size > 10_000_000 ? words.tooLarge : wrong ? words.wrongType : "");
    summarise();
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = byId("send");
  if (button.disabled) return;
  button.disabled = true;
  trouble.hidden = true;
  byId("sent").hidden = false;
  byId("sending").textContent = words.sending;
  const { status, body } = await send(location.href, entry(), (share) => {
    byId("sent").value = share;
    byId("sending").textContent = words.sendingPart.replace("%s", share);
  });
  if (status === 201) {
    clearTimeout(keeping);
    draft?.drop();
    location.href = body.address;
    return;
  }
  button.disabled = false;
  byId("sent").hidden = true;
  byId("sending").textContent = "";
  if (status === 409) draft?.drop();
  explain(status, body);
});

// The parcel goes as it stands on the map; what it was read from is gone through already.
function entry() {
  const data = new FormData(form);
  const standing = parcel.current();
  if (standing) {
    for (const name of ["table", "parcel_file", "crs", "layer"]) data.delete(name);
    data.set("geometry", JSON.stringify(standing.geometry));
    data.set("receipt", standing.receipt);
  }
  if (form.elements.kind.value === "company") data.delete("nik");
  else data.delete("nib");
  return data;
}

function explain(status, { detail, errors = {}, address }) {
  const rest = Object.entries(errors).filter(([name, text]) => !fault(name, text)).map(([, text]) => text);
  const count = Object.keys(errors).length - rest.length;
  const said = status === 0 ? words.offline : status === 403 ? words.expired : detail ?? words.broken;
  trouble.replaceChildren([count ? words.fix.replace("%s", count) : said, ...rest].join(" "));
  if (address) {
    const link = Object.assign(document.createElement("a"), { href: address, textContent: address });
    trouble.append(" ", link);
  }
  trouble.hidden = false;
  const first = form.querySelector(".faulty");
  const target = first?.querySelector("input:not([type=hidden]), textarea, button") ?? trouble;
  (first ?? trouble).scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}
