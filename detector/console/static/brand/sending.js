// Sends forms with files: tells how far each has come, and tries again what may yet work.

const PAUSES_S = [1, 3, 8];

/** A failure as the API tells it; status 0 where nothing was answered. */
export class Failure extends Error {
  constructor(status, problem) {
    super(problem.detail);
    this.status = status;
    this.detail = problem.detail;
    this.remedy = problem.remedy;
  }
}

export class Stopped extends Error {}

/**
 * Send a form to the API; resolves to the answer's JSON.
 *
 * What the network or a busy service breaks is tried again by itself.
 * @param {string} path below /v1
 * @param {() => FormData} makeForm
 * @param {{signal: AbortSignal, onBytes: (sent: number, total: number) => void, onPause: (seconds: number) => void, texts: DOMStringMap}} options
 */
export async function send(path, makeForm, { signal, onBytes, onPause, texts }) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(path, makeForm(), signal, onBytes, texts);
    } catch (failure) {
      const mayWork = failure instanceof Failure && (failure.status === 0 || failure.status === 429 || failure.status === 503);
      if (!mayWork || attempt >= PAUSES_S.length) throw failure;
      const seconds = Math.min(failure.retryAfter || PAUSES_S[attempt], 60);
      onPause(seconds);
      await pause(seconds, signal);
    }
  }
}

function once(path, form, signal, onBytes, texts) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) { reject(new Stopped()); return; }
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop, { once: true });
    request.upload.addEventListener("progress", (event) => onBytes(event.loaded, event.total));
    request.upload.addEventListener("load", (event) => onBytes(event.total, event.total));
    request.addEventListener("abort", () => reject(new Stopped()));
    request.addEventListener("error", () => reject(new Failure(0, { detail: texts.connection, remedy: texts.connectionFix })));
    request.addEventListener("load", () => {
      signal.removeEventListener("abort", stop);
      let json = null;
      try { json = JSON.parse(request.responseText); } catch { /* an answer of a proxy between us */ }
      if (request.status < 300 && json) { resolve(json); return; }
      const failure = request.status === 401
        ? new Failure(401, { detail: texts.signedOut, remedy: texts.signedOutFix })
        : new Failure(request.status, json || { detail: `HTTP ${request.status}`, remedy: texts.connectionFix });
      failure.retryAfter = Number(request.getResponseHeader("Retry-After")) || 0;
      reject(failure);
    });
    request.open("POST", `/v1${path}`);
    request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
    request.send(form);
  });
}

/** Wait, unless all is stopped. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) { reject(new Stopped()); return; }
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(new Stopped()); }, { once: true });
  });
}
