// Who shows something hears when it changed, in this tab and in every other.

const here = new EventTarget();
const elsewhere = new BroadcastChannel("field");
elsewhere.onmessage = ({ data }) => tellHere(data);

export function tell(topic, detail = {}) {
  tellHere({ topic, ...detail });
  elsewhere.postMessage({ topic, ...detail });
}

/** @param {string | string[]} topics @param {(change: object) => void} handler @returns {() => void} off */
export function on(topics, handler) {
  const heard = ({ detail }) => handler(detail);
  const names = [topics].flat();
  for (const name of names) here.addEventListener(name, heard);
  return () => names.forEach((name) => here.removeEventListener(name, heard));
}

function tellHere(change) {
  here.dispatchEvent(new CustomEvent(change.topic, { detail: change }));
}
