// When to send: at the start, when the network or the officer comes back, when something is
// finished, and on a timer that grows patient. One tab at a time, whichever holds the lock.

import { LONGEST_HOLD } from "./api.js";
import { LONGEST_WAIT as LONGEST_DELAY, sendItems, sendWithdrawals } from "./batches.js";
import { on, tell } from "./changes.js";
import { ahead } from "./clock.js";
import { everything } from "./database.js";
import { current, reject } from "./device.js";
import { lastPulledAt, pull } from "./sync.js";
import { dropArea } from "./tiles.js";
import { Trouble, troubled } from "./trouble.js";
import { sendPhotos } from "./uploads.js";

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 5 * 60_000;
const PULL_EVERY = 15 * 60_000;
const PULL_SOON = 60_000; // while something is still to be judged
const held = Symbol("the server asked for patience");

const idle = { running: false, next_try_at: null, trouble: null, code: null };
let state = { ...idle, failures: 0, held_until: 0 };
let queued = null;
let timer = 0;

export const status = () => {
  const { running, next_try_at, trouble, code } = state;
  return { running, next_try_at, trouble, code };
};

export function startSending() {
  on("sender", ({ status: said }) => { state = { ...state, ...said }; }); // another tab's failures count here too
  on("outbox", ({ fresh }) => fresh && sendNow());
  on("device", ({ update, outdated }) => update || outdated || sendNow());
  addEventListener("online", () => sendNow());
  globalThis.document?.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendNow();
  });
  return sendNow();
}

/** Asked while a round is on its way, another follows it: what was just finished is not left behind. */
export function sendNow() {
  queued ??= navigator.locks.request("field-send", () => {
    queued = null;
    return round();
  });
  return queued;
}

async function round() {
  clearTimeout(timer);
  const trouble = await attempt().catch(troubled);
  await rest(trouble).catch(() => wake(Date.now() + LONGEST_WAIT)); // not even the database answers
}

/** @returns {Promise<Error|null>} the first trouble on the way */
async function attempt() {
  const device = await current();
  if (!device || device.rejected) return new Trouble(device ? "revoked" : "unenrolled");
  if (ahead(state.held_until, LONGEST_HOLD)) return held;
  say({ running: true });
  const trouble = await inTurn(device);
  if (trouble?.code === "revoked") await reject(device.token);
  if (trouble?.code === "full") await dropArea(); // receipts need the room more than the map
  return trouble;
}

/** Each of them has its try: items that do not get through must not keep the photos back. */
async function inTurn(device) {
  let [first, news] = [null, false];
  for (const work of [sendItems, sendPhotos, sendWithdrawals, () => pullWhenDue(news)]) {
    try {
      news = (await work(device)) || news;
    } catch (error) {
      first ??= troubled(error);
      if (error.code === "revoked" || error.wait) return troubled(error);
    }
  }
  return first;
}

/** After something was handed in there are new tasks to tell, and fewer old ones. */
async function pullWhenDue(news) {
  const since = Math.abs(Date.now() - ((await lastPulledAt()) ?? 0));
  const awaited = (await everything("items")).some(({ state: one }) => one === "received");
  if (news || since >= (awaited ? PULL_SOON : PULL_EVERY)) await pull();
}

async function rest(trouble) {
  if (trouble === held) return wake(state.held_until);
  if (trouble?.code === "revoked" || trouble?.code === "unenrolled") {
    return say({ ...idle, code: trouble.code, trouble: trouble.message });
  }
  if (!trouble) {
    say({ ...idle, failures: 0, held_until: 0 });
    return wake(await nextDue());
  }
  const known = trouble instanceof Trouble;
  if (!known) console.error(trouble); // a fault of ours, not of the world
  const failures = state.failures + 1;
  const { message, wait = 0, code } = trouble;
  const held_until = wait ? Date.now() + wait : 0;
  say({ ...idle, failures, held_until, trouble: message, code: known ? code : "unexpected" });
  return wake(Date.now() + Math.max(wait, backoff(failures)));
}

/** Twice as long each time, and never two phones in step. */
function backoff(failures) {
  const whole = Math.min(FIRST_WAIT * 2 ** Math.min(failures - 1, 10), LONGEST_WAIT);
  return whole * (0.5 + Math.random() / 2);
}

async function nextDue() {
  const rows = [...(await everything("items")), ...(await everything("photos"))];
  const awaited = rows.some(({ state: one }) => one === "received");
  const later = rows.map(({ next_try_at }) => next_try_at).filter((at) => ahead(at, LONGEST_DELAY));
  return Math.min(Date.now() + (awaited ? PULL_SOON : PULL_EVERY), ...later);
}

function wake(at) {
  clearTimeout(timer);
  timer = setTimeout(sendNow, Math.max(at - Date.now(), 1_000));
  say({ next_try_at: at });
}

function say(change) {
  state = { ...state, ...change };
  tell("sender", { status: state });
}
