// Sending to the portal, and what its answers mean to whoever waits.

const token = () => document.querySelector('#form [name="csrfmiddlewaretoken"]').value;

// Judges an outline: {geometry, receipt} or {table, crs} as JSON, a file as a form. Gives what the
// portal says of it, or {detail}; null where a later question has taken its place.
export function createJudge(address, words) {
  let asking = null;
  return async (sent) => {
    asking?.abort();
    const own = new AbortController();
    asking = own;
    const isForm = sent instanceof FormData;
    const headers = { "X-CSRFToken": token(), Accept: "application/json", ...(isForm ? {} : { "Content-Type": "application/json" }) };
    try {
      const answer = await fetch(address, { method: "POST", headers, body: isForm ? sent : JSON.stringify(sent), signal: own.signal });
      if (answer.ok) return { told: await answer.json() };
      return { detail: await detailOf(answer, words), retry: answer.status === 429 || answer.status >= 500 };
    } catch {
      return own.signal.aborted ? null : { detail: words.outlineOffline, retry: true };
    }
  };
}

async function detailOf(answer, words) {
  if (answer.status === 403) return words.expired;
  if (!(answer.headers.get("Content-Type") ?? "").includes("json")) return words.broken;
  return (await answer.json()).detail;
}

// The whole form, with its progress: fetch() tells none. Gives {status, body}; status 0 is no answer.
export function send(address, data, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) onProgress(Math.round((loaded / total) * 100));
    });
    request.addEventListener("loadend", () => {
      let body = {};
      try { body = JSON.parse(request.responseText); } catch { /* a page, or nothing */ }
      resolve({ status: request.status, body });
    });
    request.send(data);
  });
}
