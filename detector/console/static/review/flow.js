// From decision to next case without a reload: the next case is claimed and its page
// fetched while the one before is looked at.

import { api, localize, tell } from "/static/console.js";
import "/static/review/keys.js";
import { init as chooseRights } from "/static/review/rights.js";

const LEAVES = new Set(["skip", "dismiss", "restrict", "second-opinion", "questions"]);
const DECIDES = new Set(["dismiss", "restrict", "second-opinion"]);
const OURS = new Set(["csrf", "queue"]);
const MOVED = new Set(["stale_version", "lease_held"]);
const BEAT_MS = 2_000;
const MOST_MS = 60_000;
const IDLE_MS = 10 * 60_000;

const held = new Map(); // case → its lease: {version, token, renewAt}
let ahead = null; // promise of the next page, while a queue is worked on
let isBusy = false;
let seenAt = Date.now();

const main = document.getElementById("main");
const bar = () => document.getElementById("decide");
const withCsrf = (fields) => ({
  method: "POST",
  body: new URLSearchParams({ csrf: document.body.dataset.csrf, ...fields }),
});

/** Take a page apart; its pictures begin to load. */
async function load(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = document.adoptNode(page.getElementById("main"));
  for (const image of content.querySelectorAll("img[loading]")) image.loading = "eager";
  const decide = content.querySelector("#decide");
  if (decide) hold(decide);
  return { url: answer.url, title: page.title, content, isCase: decide !== null };
}

/** Show a page in place of this one. */
function show(page, { isNew = true } = {}) {
  main.replaceChildren(...page.content.childNodes);
  document.title = page.title;
  history[isNew ? "pushState" : "replaceState"]({}, "", page.url);
  localize(main);
  window.htmx?.process(main);
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("page-shown", { detail: { root: main } }));
}

function hold(decide) {
  const { case: id, version, token, until } = decide.dataset;
  if (decide.dataset.held) held.set(id, { version: Number(version), token, renewAt: renewal(Date.parse(until)) });
  else held.delete(id);
}

/** Claim the next case, and fetch its page. */
async function fetchNext(queue, after) {
  return load(await fetch("/review/next", withCsrf({ queue, after })));
}

function prepare() {
  const here = bar();
  const { queue, case: id } = here.dataset;
  if (!queue || !here.dataset.held) return;
  ahead = fetchNext(queue, id).catch(() => null);
  ahead.then((page) => { here.dataset.next = page?.isCase ? "ready" : "none"; });
}

/** Go to the next case; the page that was prepared is shown if there is one. */
async function goOn(queue, after, step) {
  let page = await ahead;
  ahead = null;
  if (!page?.isCase) page = await fetchNext(queue, after).catch(() => ({ url: "/review" }));
  if (page.isCase) {
    show(page);
    return;
  }
  const url = new URL(page.url, location.href);
  if (DECIDES.has(step)) url.searchParams.set("decided", after);
  location.assign(url);
}

/** Show the case as it stands now. */
async function refresh(id) {
  const here = new URL(location.href);
  if (id) here.pathname = `/cases/${id}`;
  here.searchParams.delete("decided");
  show(await load(await fetch(here)), { isNew: Boolean(id) });
}

/** Offer to take the last decision back for as long as that is possible. */
function offerUndo(done, reason) {
  const form = document.getElementById("undo");
  if (!form || !done.decision) return;
  form.dataset.case = done.case_id;
  form.dataset.until = done.decision.undo_until || "";
  form.action = `/cases/${done.case_id}/undo`;
  form.elements.version.value = done.version;
  form.querySelector("[data-reason]").textContent = reason;
  form.querySelector("[data-title]").textContent = done.title || "";
  form.hidden = false;
  hideLater(form);
}

function hideLater(form) {
  const { case: id, until } = form.dataset;
  if (!until) return;
  setTimeout(() => { if (form.dataset.case === id) form.hidden = true; }, Math.max(0, Date.parse(until) - Date.now()));
}

/** Say why something was refused, on the page as it is. */
function refuse(error) {
  const place = document.getElementById("refused");
  const [what, how] = place.querySelectorAll("b, p + p");
  what.textContent = error.problem?.detail ?? bar().dataset.offline;
  how.textContent = error.problem?.remedy ?? "";
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

function bodyOf(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (OURS.has(name)) continue;
    body[name] = name === "version" ? Number(value) : value.trim() || null;
  }
  return body;
}

function reasonOf(form) {
  const chosen = form.querySelector("input[type=radio]:checked");
  const text = chosen?.parentElement.cloneNode(true);
  text?.querySelector("kbd")?.remove();
  return text?.textContent.trim() ?? "";
}

/** Take the step of a form. */
async function take(form) {
  const { step } = form.dataset;
  const here = bar();
  const id = form.dataset.case || here.dataset.case;
  const queue = form.elements.queue?.value || here.dataset.queue;
  performance.mark("step");
  if (step === "next") {
    await goOn(queue, id);
    return;
  }
  let done;
  try {
    done = await api("POST", `/cases/${id}/${step}`, bodyOf(form));
    if (step === "undo") await api("POST", `/cases/${id}/claim`, { version: done.version });
  } catch (error) {
    await explain(error, step, form.elements.note?.value);
    return;
  }
  if (step === "undo") {
    await refresh(id);
    tell(here.dataset.undone);
  } else if (step === "release" && queue) {
    location.assign("/review");
  } else if (LEAVES.has(step) && queue) {
    held.delete(id);
    await goOn(queue, id, step);
    if (DECIDES.has(step)) offerUndo(done, reasonOf(form));
    measure();
  } else {
    held.delete(id);
    await refresh();
  }
}

/** Say why a step was refused; where the case is another by now, show that. */
async function explain(error, step, note) {
  if (MOVED.has(error.problem?.code)) {
    const { fresh } = bar().dataset;
    await refresh();
    const again = main.querySelector(`form[data-step="${step}"] [name=note]`);
    if (again && note) again.value = note;
    tell(fresh);
  }
  refuse(error);
}

const afterPaint = (then) => requestAnimationFrame(() => setTimeout(then));

/** Note how long it took until the next case was painted. */
function measure() {
  afterPaint(() => performance.measure("decision-to-next", "step"));
}

async function keepUp() {
  if (Date.now() - seenAt > IDLE_MS) return;
  for (const [id, lease] of held) {
    if (Date.now() < lease.renewAt) continue;
    lease.renewAt = Date.now() + BEAT_MS; // unless it is renewed before
    try {
      const kept = await api("POST", `/cases/${id}/heartbeat`, { lease_token: lease.token });
      lease.renewAt = renewal(Date.parse(kept.lease.until));
    } catch (error) {
      if (!error.problem) continue; // the service is not there; the next beat tells
      held.delete(id);
      if (id === bar()?.dataset.case) await explain(error);
      else ahead = null;
    }
  }
}

/** Say when a lease is to be renewed: long before it ends. */
const renewal = (until) => Date.now() + Math.min(MOST_MS, (until - Date.now()) / 3);

/** Give back what was claimed ahead. */
function giveBack() {
  for (const [id, lease] of held) {
    if (id === bar()?.dataset.case) continue;
    fetch(`/v1/cases/${id}/release`, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
      body: JSON.stringify({ version: lease.version, lease_token: lease.token }),
    });
  }
}

export function init(root) {
  for (const form of root.querySelectorAll("form[data-step]")) {
    form.addEventListener("submit", async (event) => {
      if (!bar()) return; // on other pages forms do it
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      try {
        await take(form);
      } finally {
        isBusy = false;
      }
    });
  }
  const strip = root.querySelector("#undo");
  if (strip && !strip.hidden) hideLater(strip);
  chooseRights(root);
  const decide = root.querySelector("#decide");
  if (!decide) return;
  hold(decide);
  ahead = null;
  afterPaint(() => { if (bar() === decide) prepare(); });
}

init(document);
setInterval(keepUp, BEAT_MS);
document.addEventListener("page-shown", (event) => init(event.detail.root));
for (const kind of ["keydown", "pointermove", "pointerdown"]) {
  document.addEventListener(kind, () => { seenAt = Date.now(); }, { passive: true });
}
addEventListener("popstate", () => location.reload());
addEventListener("pagehide", giveBack);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
