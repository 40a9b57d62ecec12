// What was typed stays on this browser until the application is accepted: never the NIK, and no
// papers.

const KEPT = ["applicant", "nib", "phone", "email", "address", "kbli", "activity", "table", "crs", "layer"];
const DAYS = 14;
const MOST = 1_000_000; // characters of a parcel

export function createDraft(form) {
  const key = form.dataset.draft;
  const store = (act) => {
    try { return act(localStorage); } catch { return null; } // full, or forbidden
  };
  const find = () => {
    const found = store((all) => JSON.parse(all.getItem(key) ?? "null"));
    if (!found) return null;
    if (Date.now() - found.at < DAYS * 86_400_000) return found;
    drop();
    return null;
  };
  const drop = () => store((all) => all.removeItem(key));
  const keep = (parcel) => {
    const fields = Object.fromEntries(KEPT.map((name) => [name, form.elements[name].value]));
    if (!parcel && !Object.values(fields).some(Boolean)) return;
    const small = parcel && JSON.stringify(parcel).length < MOST ? parcel : null;
    const draft = { at: Date.now(), id: form.elements.instance_id.value, kind: form.elements.kind.value, fields, parcel: small };
    store((all) => all.setItem(key, JSON.stringify(draft)));
  };
  const restore = ({ id, kind, fields }) => {
    form.elements.instance_id.value = id;
    form.elements.kind.value = kind;
    for (const name of KEPT) form.elements[name].value = fields[name] ?? "";
  };
  return key ? { find, drop, keep, restore } : null;
}
