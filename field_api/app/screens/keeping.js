// What is typed goes into the draft by itself; the draft begins with the first thing that is typed.

import * as drafts from "../drafts.js";

const PAUSE = 300; // ms without typing

export function keeping({ draft, form, given, onBegin, onSaved, onTrouble }) {
  let id = draft?.id ?? null;
  let pending = null;
  let timer = 0;
  let queue = Promise.resolve();

  // One write after the other; what could not be written stays pending and is tried again.
  const inTurn = (act) => (queue = queue.catch(() => {}).then(act));

  async function begun() {
    if (id) return id;
    ({ id } = await drafts.begin(form.form, given()));
    onBegin(id);
    return id;
  }

  function change(patch) {
    pending = merged(pending ?? {}, patch);
    clearTimeout(timer);
    timer = setTimeout(() => flush().catch(() => {}), PAUSE);
  }

  function flush() {
    clearTimeout(timer);
    return inTurn(async () => {
      const writing = pending;
      if (!writing) return id;
      pending = null;
      try {
        await drafts.change(await begun(), writing);
        onSaved();
      } catch (error) {
        pending = merged(writing, pending ?? {});
        onTrouble(error);
        throw error;
      }
      return id;
    });
  }

  const hidden = () => { if (document.visibilityState === "hidden") flush().catch(() => {}); };
  document.addEventListener("visibilitychange", hidden);

  return {
    change,
    flush,
    id: () => id,
    // Everything written, and the draft there even if nothing was typed: what sending needs.
    async settled() {
      await flush();
      return inTurn(begun);
    },
    photo: (question, blob) => inTurn(async () => {
      const kept = await drafts.addPhoto(await begun(), question, blob);
      onSaved();
      return kept.photos[question];
    }),
    dropPhoto: (question) => inTurn(async () => {
      await drafts.removePhoto(await begun(), question);
      onSaved();
    }),
    async leave() {
      document.removeEventListener("visibilitychange", hidden);
      await flush().catch(() => {});
    },
  };
}

function merged(one, other) {
  const made = { ...one, ...other };
  if (one.values || other.values) made.values = { ...one.values, ...other.values };
  if (one.rows || other.rows) made.rows = { ...one.rows, ...other.rows };
  return made;
}
