// The server's answers, and only those. A captive portal, a proxy's page, an answer that was cut
// off or came too late is no answer: nothing may be concluded from it.

import { Trouble } from "./trouble.js";

const ROOT = "/api/v1/";
const PATIENCE = 30_000; // ms, and longer for what is long
const SLOWEST = 4; // bytes a ms: 32 kbit/s; what does not get through goes in smaller parts
export const LONGEST_HOLD = 3_600_000; // ms that a Retry-After may keep us waiting
const OWN_TYPES = ["application/json", "application/problem+json", "application/geo+json"];

/**
 * @param {string} path below /api/v1/, or an address of the server's own below it
 * @param {{method?: string, token?: string, headers?: object, body?: any, session?: boolean}} what
 * @returns {Promise<Response>} whatever its status
 */
export async function ask(path, { method = "GET", token, headers = {}, body, session = false } = {}) {
  const size = body?.length ?? body?.byteLength ?? 0;
  try {
    return await fetch(path.startsWith(ROOT) ? path : ROOT + path, {
      method,
      headers: { ...headers, ...(token && { Authorization: `Token ${token}` }) },
      body,
      redirect: "error", // ours never redirect; a captive portal does
      cache: "no-store",
      credentials: session ? "same-origin" : "omit",
      signal: AbortSignal.timeout(PATIENCE + size / SLOWEST),
    });
  } catch (error) {
    throw new Trouble("no-answer", { cause: error });
  }
}

/** @returns {Promise<{status: number, body: any, headers: Headers}>} a whole answer in JSON */
export async function askJson(path, { json, headers = {}, ...what } = {}) {
  const body = typeof json === "string" || json === undefined ? json : JSON.stringify(json);
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await ask(path, { ...what, body, headers: { Accept: "application/json", ...type, ...headers } });
  if (response.status === 304) return { status: 304, body: null, headers: response.headers };
  return { status: response.status, body: await jsonOf(response), headers: response.headers };
}

async function jsonOf(response) {
  const type = response.headers.get("Content-Type")?.split(";")[0].trim();
  if (!OWN_TYPES.includes(type)) throw busy(response) ?? new Trouble("no-answer", { status: response.status });
  try {
    return await response.json();
  } catch (error) {
    throw new Trouble("no-answer", { cause: error, status: response.status });
  }
}

/** 429 and 503 count whoever says them: a proxy before the server may. */
export function busy(response) {
  if (response.status !== 429 && response.status !== 503) return null;
  return new Trouble("no-answer", {
    status: response.status,
    wait: waitOf(response.headers.get("Retry-After")),
    message: "Server sedang sibuk. Pengiriman dilanjutkan sebentar lagi.",
  });
}

function waitOf(text) {
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return text && wait > 0 ? Math.min(wait, LONGEST_HOLD) : 0;
}

/** Only our server says no in this type; a proxy in between that wants a login does not. */
export const isProblem = (headers) => Boolean(headers.get("Content-Type")?.startsWith("application/problem+json"));

/** The trouble that a problem+json tells; its sentences are already for people. */
export function refusal({ status, body, headers }) {
  if (status === 401) return new Trouble(isProblem(headers) ? "revoked" : "no-answer", { status });
  if (status === 429 || status === 503) return busy({ status, headers });
  const message = body?.detail || body?.title || undefined;
  return new Trouble("refused", { status, problem: body, message });
}
