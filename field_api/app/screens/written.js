// Values as an Indonesian writes them, and read back as one types them.

const ZONE = "Asia/Makassar";
const HARD = "\u00a0"; // a number is not parted from its unit

const whole = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 6 });
const dayOf = (zone) => new Intl.DateTimeFormat("id-ID", { day: "numeric", month: "short", year: "numeric", timeZone: zone });
const calendar = dayOf("UTC"); // a date has no zone
const localDay = dayOf(ZONE);
const shortDay = new Intl.DateTimeFormat("id-ID", { day: "numeric", month: "short", timeZone: ZONE });
const clock = new Intl.DateTimeFormat("id-ID", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE });
const isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });

export const number = (value) => exact.format(value);
export const grouped = (value) => whole.format(value);
// By the format that a declaration gives an answer.
const SIGNS = { rupiah: "Rp" };
export const signOf = (format) => SIGNS[format] ?? "";
export const numeral = (value, format) => (SIGNS[format] ? `${SIGNS[format]}${HARD}${number(value)}` : number(value));
export const metres = (value) => `${whole.format(Math.max(1, Math.round(value)))}${HARD}m`;
export const percent = (value) => `${whole.format(value)}${HARD}%`;
export const date = (iso) => calendar.format(new Date(iso));
export const time = (at) => clock.format(new Date(at));
export const moment = (at) => `${localDay.format(new Date(at))} ${time(at)}`;
export const today = () => isoDay.format(new Date());

export function distance(m) {
  if (m < 950) return metres(m < 20 ? m : Math.round(m / 10) * 10);
  return `${oneDigit.format(m / 1000)}${HARD}km`;
}

export function bytes(count) {
  if (count < 1e6) return `${whole.format(Math.ceil(count / 1000))}${HARD}kB`;
  if (count < 1e9) return `${oneDigit.format(count / 1e6)}${HARD}MB`;
  return `${oneDigit.format(count / 1e9)}${HARD}GB`;
}

// "hari ini 14.05", "kemarin 09.30", "12 Nov 14.05"
export function lately(at) {
  const day = isoDay.format(new Date(at));
  if (day === today()) return `hari ini ${time(at)}`;
  if (day === isoDay.format(Date.now() - 864e5)) return `kemarin ${time(at)}`;
  return `${shortDay.format(new Date(at))} ${time(at)}`;
}

export function dayName(at) {
  const day = isoDay.format(new Date(at));
  if (day === today()) return "hari ini";
  if (day === isoDay.format(Date.now() - 864e5)) return "kemarin";
  return localDay.format(new Date(at));
}

// "Harga (Rp)" without its unit: Harga; and in the middle of a sentence: harga.
export const bare = (title) => title.replace(/\s*\([^)]*\)$/, "");
export const noun = (title) => bare(title).replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase());

// Reads 81,5 and 81.5 alike; where both marks stand, the dot parts thousands. NaN where it is no number.
export function readDecimal(text) {
  const bare = text.replace(/\s/g, "");
  const plain = bare.includes(",") ? bare.replaceAll(".", "").replace(",", ".") : bare;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

// Reads 15.500, 15 500 and Rp15500 alike.
export function readWhole(text) {
  const bare = text.replace(/^\s*Rp/i, "").replace(/[\s.]/g, "");
  return /^-?\d+$/.test(bare) ? Number(bare) : NaN;
}

// Dots between thousands while somebody types, with the caret kept behind the same digit.
export function groupWhileTyping(input) {
  input.addEventListener("input", () => {
    const behind = input.value.slice(input.selectionStart).replace(/\D/g, "").length;
    const digits = input.value.replace(/\D/g, "").replace(/^0+(?=\d)/, "");
    input.value = digits ? whole.format(BigInt(digits)) : "";
    let at = input.value.length;
    for (let left = behind; left > 0 && at > 0; at -= 1) if (/\d/.test(input.value[at - 1])) left -= 1;
    input.setSelectionRange(at, at);
  });
}

// Metres between two [lon, lat], on a sphere: good to half a percent.
export function metresBetween([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const a = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
    + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 12_742_000 * Math.asin(Math.min(1, Math.sqrt(a)));
}
