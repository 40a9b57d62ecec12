// Values as people write them: Rp 45.000 · 12,5 % · 1.250 m² · 21 Nov 2026 14.05 WITA.

const SPACE = "\u00a0"; // a number is not parted from its unit

export function createFormat({ language, timeZone }, words) {
  const locale = localeOf(language);
  const number = (digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  const moment = (parts, zone) => new Intl.DateTimeFormat(locale, { ...parts, timeZone: zone });
  const day = { day: "numeric", month: "short", year: "numeric" };
  // Only Indonesian has the short names of its own zones: WIB, WITA, WIT
  const zoneName = new Intl.DateTimeFormat("id-ID", { timeZone, timeZoneName: "short" })
    .formatToParts(0)
    .find((part) => part.type === "timeZoneName").value;
  const [whole, decimal] = [number(0), number(2)];
  const date = moment(day, "UTC"); // a date has no zone: 2026-11-21 is the 21st everywhere
  const month = moment({ month: "long", year: "numeric" }, "UTC");
  const time = moment({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, timeZone);
  const dayOfTime = moment(day, timeZone);

  const written = {
    number: (value) => decimal.format(value),
    rupiah: (value) => `Rp${SPACE}${whole.format(value)}`,
    percent: (value) => `${number(1).format(value)}${SPACE}%`,
    area: (value) => `${whole.format(value)}${SPACE}m²`,
    date: (value) => date.format(new Date(value)),
    month: (value) => month.format(new Date(value)),
    datetime: (value) => {
      const at = new Date(value);
      return `${dayOfTime.format(at)} ${time.format(at)} ${zoneName}`;
    },
    "yes-no": (value) => (value ? words.yes : words.no),
    flag: (value) => (value ? words.yes : ""),
  };

  // Empty text for no value, and the value as it is where it cannot be read as its format.
  return (property, value) => {
    if (value === null || value === undefined || value === "") return "";
    const named = property.values[String(value)];
    if (named) return named;
    try {
      const text = written[property.format]?.(value) ?? String(value);
      return text.includes("NaN") ? String(value) : text;
    } catch {
      return String(value);
    }
  };
}

export const localeOf = (language) => (language.startsWith("en") ? "en-GB" : "id-ID");
