// A short address of a view of the map.

// {url, qr}; throws an Error whose message is for people.
export async function shorten(fragment, words) {
  const form = document.getElementById("share-form");
  const body = new FormData(form);
  body.set("fragment", fragment);
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body });
  } catch {
    throw new Error(words.shareFailed);
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.detail ?? words.shareFailed);
  return told;
}

/* The dialog: a short address to copy, to hand on and to scan, and the code that puts this map into
   another page. Layers that are not for everybody are named: who gets the address does not see them. */
export async function openShare({ dialog, words, fragment, title, restricted }) {
  const find = (name) => dialog.querySelector(`[data-share="${name}"]`);
  const [link, qr, told, hand] = ["link", "qr", "told", "hand"].map(find);
  find("restricted").hidden = !restricted.length;
  find("restricted-names").textContent = restricted.join(", ");
  link.value = `${location.origin}/#${fragment}`;
  qr.hidden = true;
  told.textContent = words.shareMaking;
  hand.hidden = !navigator.share;
  writeEmbed(dialog, fragment, title);
  dialog.querySelector("[data-share=size]").onchange = () => writeEmbed(dialog, fragment, title);
  for (const button of dialog.querySelectorAll("[data-copy]")) {
    button.onclick = () => copy(find(button.dataset.copy), told, words);
  }
  hand.onclick = () => navigator.share({ title, url: link.value }).catch(() => {});
  dialog.showModal();
  try {
    const made = await shorten(fragment, words);
    link.value = made.url;
    qr.src = made.qr;
    qr.hidden = false;
    told.textContent = "";
  } catch (error) {
    told.textContent = `${error.message} ${words.shareLong}`; // the whole address works as well
  }
}

async function copy(field, told, words) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    told.textContent = words.copied;
  } catch {
    told.textContent = document.execCommand("copy") ? words.copied : words.copyByHand; // without HTTPS
  }
}

function writeEmbed(dialog, fragment, title) {
  const [width, height] = dialog.querySelector("[data-share=size]").value.split("x");
  const frame = document.createElement("iframe");
  const language = document.documentElement.lang.startsWith("en") ? "?lang=en" : "";
  const attributes = { src: `${location.origin}/embed${language}#${fragment}`, width, height, title, loading: "lazy" };
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  dialog.querySelector("[data-share=code]").value = frame.outerHTML;
}
