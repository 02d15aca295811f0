// What every page does: times in the viewer's zone, and news read out.

const language = document.documentElement.lang || "en";
const whole = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [Infinity, "day"]];

/** Say how far off a time is, in the largest fitting unit. */
export function untilNow(date, now = new Date()) {
  let amount = (date - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return "";
}

/** Write all times below an element as the viewer reads them. */
export function localize(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const kind = element.dataset.kind;
    if (kind === "until" || kind === "since") {
      element.textContent = untilNow(date);
      element.classList.toggle("late", kind === "until" && date < new Date());
    } else {
      element.textContent = (kind === "date" ? day : whole).format(date);
    }
    element.title = `${whole.format(date)} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
  }
}

/** Read a sentence out, and show it for a while. */
export function tell(text) {
  const news = document.getElementById("news");
  news.textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { news.textContent = ""; }, 8000);
}

/** Send a request to the API as the page's viewer; resolves to the answer's JSON. */
export async function api(method, path, body) {
  const headers = { "X-CSRF-Token": document.body.dataset.csrf };
  if (body !== undefined && !(body instanceof FormData) && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const answer = await fetch(`/v1${path}`, { method, headers, body });
  const json = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(json.detail), { problem: json });
  return json;
}

/** Say whether somebody is typing, so that single keys are not commands. */
export function isTyping(event) {
  const target = event.target;
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      && !/^(checkbox|radio|range|button|submit)$/.test(target.type || ""));
}

localize(document);
document.addEventListener("htmx:afterSwap", (event) => localize(event.detail.target.parentElement || document));
