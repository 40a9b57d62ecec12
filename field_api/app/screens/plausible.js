// Whether a price can be right, held against the last one: a doubt to be looked at, never a refusal.

import { dayName, percent, rupiah } from "./written.js";

const JUMP = 0.3; // of the last price
const SLIP = 4; // times: beyond it a nought too many or too few is likelier than a change

// `known` is {price, observed_at, elsewhere}; gives a sentence, or "".
export function doubt(price, known) {
  if (!known || !(known.price > 0)) return "";
  const ratio = price / known.price;
  const from = known.elsewhere ? `harga di pasar lain, ${rupiah(known.price)}` : `${rupiah(known.price)} (${dayName(known.observed_at)})`;
  if (ratio >= SLIP) return `Jauh di atas ${from}. Kelebihan satu nol?`;
  if (ratio <= 1 / SLIP) return `Jauh di bawah ${from}. Kurang satu nol?`;
  if (ratio > 1 + JUMP) return `Naik ${percent((ratio - 1) * 100)} dari ${from}.`;
  if (ratio < 1 - JUMP) return `Turun ${percent((1 - ratio) * 100)} dari ${from}.`;
  return "";
}

// The last price of each item in a market; where it has none, the middle one of the other markets.
export function lastPrices(rows, market) {
  const own = new Map();
  const others = new Map();
  for (const row of rows) {
    if (row.market === market) own.set(row.commodity, row);
    else others.set(row.commodity, [...(others.get(row.commodity) ?? []), row.price]);
  }
  return (commodity) => {
    if (own.has(commodity)) return own.get(commodity);
    const prices = others.get(commodity)?.sort((a, b) => a - b);
    return prices ? { price: prices[Math.floor(prices.length / 2)], elsewhere: true } : null;
  };
}
