// Whether an answer can be right, held against the last one: a doubt to be looked at, never a
// refusal. From where on one doubts is declared with the form's sheet.

import { dayName, percent } from "./written.js";

/**
 * @param {{answer: number, observed_at?: string, elsewhere?: boolean} | null} last
 * @param {{jump: number, slip: number, names: object, write: (answer: number) => string}} terms
 * @returns {string} a sentence, or ""
 */
export function doubt(answer, last, { jump, slip, names, write }) {
  if (!(last?.answer > 0)) return "";
  const ratio = answer / last.answer;
  const before = write(last.answer);
  const from = last.elsewhere ? `${names.answer} di ${names.by} lain, ${before}` : `${before} (${dayName(last.observed_at)})`;
  if (ratio >= slip) return `Jauh di atas ${from}. Kelebihan satu nol?`;
  if (ratio <= 1 / slip) return `Jauh di bawah ${from}. Kurang satu nol?`;
  if (ratio > 1 + jump) return `Naik ${percent((ratio - 1) * 100)} dari ${from}.`;
  if (ratio < 1 - jump) return `Turun ${percent((1 - ratio) * 100)} dari ${from}.`;
  return "";
}

/** What each line was last where one is; where it has none, the middle one of elsewhere. */
export function lastAnswers({ by, line, answer, last }, chosen) {
  const own = new Map();
  const others = new Map();
  for (const row of last) {
    const [of, value] = [row[line.name], row[answer.name]];
    if (row[by.name] === chosen) own.set(of, { answer: value, observed_at: row.observed_at });
    else others.set(of, [...(others.get(of) ?? []), value]);
  }
  return (code) => {
    if (own.has(code)) return own.get(code);
    const known = others.get(code)?.sort((one, other) => one - other);
    return known ? { answer: known[Math.floor(known.length / 2)], elsewhere: true } : null;
  };
}
