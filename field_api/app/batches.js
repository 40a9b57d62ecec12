// Items on their way to the server, as many at once as it and the network can take.

import { askJson, refusal } from "./api.js";
import { tell } from "./changes.js";
import { ahead, stamp } from "./clock.js";
import { everything, write } from "./database.js";
import { Trouble } from "./trouble.js";

const MOST = 100;
const MOST_BYTES = 512_000;
const STATES = { accepted: "accepted", refused: "refused", conflict: "conflict", received: "received", gone: "withdrawn" };
export const LONGEST_WAIT = 6 * 3_600_000; // ms until one is tried again
const LEDGER = {
  ...{ received: "received", accepted: "accepted", refused: "refused" },
  ...{ unpermitted: "refused", withdrawn: "withdrawn" },
};

/** What the server says a state is, in the words of the outbox. */
export const stateOf = (ledgerState) => LEDGER[ledgerState];

let most = MOST; // halves when a batch fails, grows back when one succeeds

/** Sends all that waits. An item that fails never keeps the others: those least tried go first.
 *  @returns {Promise<boolean>} whether there was any */
export async function sendItems(device) {
  for (let any = false; ; any = true) {
    const batch = await claim(device.user.username);
    if (!batch.length) return any;
    tell("sending", { ids: batch.map((item) => item.instance_id) });
    try {
      await sendBatch(device, batch);
    } finally {
      tell("sending", { ids: [] });
      tell("outbox");
    }
  }
}

/** Notes that they are about to be sent: from now on they cannot be changed. */
async function claim(username) {
  return write(["items"], async (tx) => {
    const items = tx.objectStore("items");
    const queue = IDBKeyRange.bound(["waiting"], ["waiting", []]);
    const due = (await items.index("queue").getAll(queue)).filter(
      ({ user, next_try_at }) => user === username && !ahead(next_try_at, LONGEST_WAIT),
    );
    const batch = fitting(due.sort((one, other) => one.tries - other.tries || one.sequence - other.sequence));
    const claimed = batch.map((item) => ({ ...item, tries: item.tries + 1 }));
    await Promise.all(claimed.map((item) => items.put(item)));
    return claimed;
  });
}

function fitting(items) {
  const size = ({ body }) => new Blob([body]).size;
  let bytes = 0;
  const over = items.findIndex((item, place) => {
    bytes += size(item) + 1;
    return place > 0 && (place >= most || bytes > MOST_BYTES);
  });
  return over < 0 ? items : items.slice(0, over);
}

async function sendBatch(device, batch) {
  const json = `{"submissions":[${batch.map((item) => item.body).join(",")}]}`;
  const headers = { "Device-Time": stamp() };
  let answer;
  try {
    answer = await askJson("submissions/batch", { method: "POST", token: device.token, headers, json });
    if (answer.status >= 500) throw refusal(answer);
  } catch (error) {
    if (!error.wait) shrink(batch);
    await note(batch, error.message);
    throw error;
  }
  if (answer.status === 200 && Array.isArray(answer.body?.results)) {
    await settle(batch, answer.body.results);
    most = Math.min(most * 2, MOST);
  } else await refused(batch, answer);
}

const shrink = (batch) => { most = Math.max(1, Math.floor(Math.min(most, batch.length) / 2)); };

/** The whole batch was refused, as too large or for one item in it: the next is half as long. */
async function refused(batch, answer) {
  const error = answer.status === 200 ? new Trouble("no-answer") : refusal(answer);
  if (![400, 413, 415, 422].includes(answer.status)) {
    await note(batch, error.message);
    throw error;
  }
  shrink(batch);
  await note(batch, error.message, { postponed: batch.length === 1 });
}

/** Each item by its own result; one without a result has not been sent. */
async function settle(batch, results) {
  const byId = new Map(results.map((result) => [result?.instance_id, result]));
  await write(["items"], async (tx) => {
    for (const sent of batch) {
      const item = await tx.objectStore("items").get(sent.instance_id);
      if (item) await tx.objectStore("items").put(after(item, byId.get(sent.instance_id)));
    }
  });
}

function after(item, result) {
  const state = result?.outcome === "duplicate" ? stateOf(result.state) : STATES[result?.outcome];
  if (!state) return postponed(item, "Server belum memberi jawaban untuk kiriman ini.");
  const { reasons = {}, conflicts = {}, trust = null, trust_reasons = [], feature_id = null } = result;
  const known = { reasons, conflicts, trust, trust_reasons, feature_id };
  return { ...item, ...known, state, answered_at: Date.now(), last_error: null, next_try_at: null };
}

async function note(batch, sentence, { postponed: later = false } = {}) {
  await write(["items"], async (tx) => {
    for (const { instance_id } of batch) {
      const item = await tx.objectStore("items").get(instance_id);
      if (item) await tx.objectStore("items").put(later ? postponed(item, sentence) : { ...item, last_error: sentence });
    }
  });
}

/** Later, and later each time: a minute, two, four ... six hours. */
export function postponed(row, sentence) {
  const wait = Math.min(60_000 * 2 ** Math.min(row.tries, 10), LONGEST_WAIT);
  return { ...row, last_error: sentence, next_try_at: Date.now() + wait };
}

// -- taking back

export async function sendWithdrawals(device) {
  const wanted = (await everything("items")).filter(
    ({ user, state, withdrawing }) => withdrawing && user === device.user.username && state !== "waiting",
  );
  for (const item of wanted) await sendWithdrawal(device, item);
}

async function sendWithdrawal(device, { instance_id }) {
  const answer = await askJson(`submissions/${instance_id}`, { method: "DELETE", token: device.token });
  const { status } = answer;
  if (![200, 404, 409, 410].includes(status)) throw refusal(answer);
  const taken = status === 200 || status === 410;
  await write(["items"], async (tx) => {
    const item = await tx.objectStore("items").get(instance_id);
    const told = taken ? { state: "withdrawn", answered_at: Date.now() } : { withdraw_error: refusal(answer).message };
    if (item) await tx.objectStore("items").put({ ...item, withdrawing: false, ...told });
  });
  tell("outbox");
}
