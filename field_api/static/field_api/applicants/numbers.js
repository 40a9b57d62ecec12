// The numbers of a person and of a company are counted while they are typed; a NIK whose middle is
// no day is asked about, not refused.

export function watchNumbers(form, words) {
  const choose = () => {
    const company = form.elements.kind.value === "company";
    for (const [name, hidden] of [["nik", company], ["nib", !company]]) {
      form.querySelector(`[data-field="${name}"]`).hidden = hidden;
    }
  };
  for (const one of form.elements.kind) one.addEventListener("change", choose);
  choose();
  for (const [name, length] of [["nik", 16], ["nib", 13]]) {
    const input = form.elements[name];
    const hint = document.getElementById(`h-${name}`);
    const first = hint.textContent;
    input.addEventListener("input", () => {
      const digits = input.value.replace(/[\s.-]/g, "");
      hint.textContent = digits ? count(digits, length, words) : first;
      hint.classList.toggle("warn", Boolean(digits) && (/\D/.test(digits) || digits.length > length));
      if (name === "nik" && digits.length === length && !isDay(digits)) {
        hint.textContent += ` ${words.nikDate}`;
        hint.classList.add("warn");
      }
    });
  }
  return choose;
}

function count(digits, length, words) {
  if (/\D/.test(digits)) return words.digitsOnly;
  if (digits.length === length) return words.digitsDone.replace("%s", length);
  return words.digits.replace("%s", digits.length).replace("%s", length);
}

// Women's days are counted from 41.
function isDay(digits) {
  const [day, month] = [Number(digits.slice(6, 8)) % 40, Number(digits.slice(8, 10))];
  return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}
