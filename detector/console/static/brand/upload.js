// The page to add to a catalogue: pictures in batches, then ZIPs, then tables, each with its progress.

import { batches, filesOfDrop, filesOfInput, sorted } from "./dropped.js";
import { watchImport } from "./importing.js";
import { Failure, send, Stopped } from "./sending.js";

const AT_ONCE = 2;
const NAMES_SHOWN = 5;
const CHOOSERS = ["choose-files", "choose-folder"];
const part = (id) => document.getElementById(id);
const root = part("add");
const texts = root?.dataset ?? {};

/** Fill the blanks of a text of the page. */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function sizeText(bytes) {
  const [unit, amount] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount);
}

/** One file on its way, and its row in the list. */
class Item {
  constructor(found, kind) {
    Object.assign(this, { found, kind, state: "waiting", share: 0 });
    this.row = part("file-row").content.cloneNode(true).firstElementChild;
    this.of("name").textContent = found.path;
    this.of("size").textContent = sizeText(found.size);
    this.of("bar").setAttribute("aria-label", found.path);
    this.show("waiting");
  }

  of(name) { return this.row.querySelector(`[data-part=${name}]`); }

  show(state, { text = texts[state], share = this.share } = {}) {
    Object.assign(this, { state, share });
    this.row.dataset.state = state;
    this.of("bar").value = share;
    this.of("state").textContent = text;
    changed();
  }

  fail(failure) {
    this.failure = failure;
    this.show("failed", { share: 0 });
  }

  get isOver() { return ["done", "failed", "stopped"].includes(this.state); }
}

let chosen = new Map();
let items = [];
let running = null;

function names(found) {
  const some = found.slice(0, NAMES_SHOWN).map((each) => each.path).join(", ");
  return found.length > NAMES_SHOWN ? `${some}, … (${found.length})` : some;
}

function choose(found) {
  for (const each of found) chosen.set(each.path, each);
  const kinds = sorted(chosen.values());
  const { pictures, zips, tables, leftOut } = kinds;
  const isUsable = pictures.length + zips.length + tables.length > 0;
  part("nothing").hidden = isUsable;
  part("nothing").textContent = isUsable ? "" : texts.nothing;
  part("plan").hidden = !isUsable;
  if (!isUsable) return;
  const size = pictures.reduce((sum, each) => sum + each.size, 0);
  const lines = [
    pictures.length && filled(texts.pictures, { number: pictures.length, size: sizeText(size) }),
    zips.length && filled(texts.zips, { names: names(zips) }),
    tables.length && filled(texts.tables, { names: names(tables) }),
    leftOut.length && filled(texts.leftOut, { names: names(leftOut) }),
  ].filter(Boolean);
  part("plan-list").replaceChildren(...lines.map((line) => {
    const entry = document.createElement("li");
    entry.append(Object.assign(document.createElement("bdi"), { textContent: line }));
    return entry;
  }));
  part("picture-options").hidden = !pictures.length;
  part("table-options").hidden = !zips.length && !tables.length;
  // Each of several files would remove what the others name.
  const isOne = zips.length + tables.length === 1;
  part("replace-option").hidden = !isOne;
  part("replace").checked &&= isOne;
  part("plan-title").focus();
}

/** Take the pictures of an answer, which come in the order in which they were sent. */
function settle(batch, answer) {
  const taken = [...answer.taken];
  const refused = [...answer.refused];
  for (const item of batch) {
    const isTaken = taken.length && (!refused.length || taken[0].file_name === item.found.name);
    if (isTaken) item.show("done", { text: texts[taken.shift().outcome], share: 1 });
    else item.fail(refused.shift());
  }
}

async function sendPictures(batch, options) {
  const { found } = batch[0];
  const total = batch.reduce((sum, item) => sum + item.found.size, 0);
  const form = () => {
    const made = new FormData();
    for (const item of batch) made.append("image", item.found.file, item.found.name);
    for (const [name, value] of Object.entries({ folder: found.folder, ...options.pictures })) if (value) made.append(name, value);
    return made;
  };
  const onBytes = (sent, all) => {
    let rest = all ? (sent / all) * total : 0;
    for (const item of batch) {
      const share = item.found.size ? Math.max(0, Math.min(1, rest / item.found.size)) : 1;
      rest -= item.found.size;
      item.show(share < 1 ? "sending" : "checking", { share: 0.8 * share });
    }
  };
  try {
    settle(batch, await send(`/brands/${texts.brand}/references`, form, { ...options, onBytes, texts }));
  } catch (failure) {
    // What is wrong with one of them must not keep the others out.
    const isOfOne = failure instanceof Failure && [400, 413, 422].includes(failure.status);
    if (isOfOne && batch.length > 1) {
      for (const item of batch) await sendPictures([item], options);
      return;
    }
    give(batch, failure);
  }
}

async function sendTable(item, options) {
  const query = new URLSearchParams(options.tables);
  const form = () => {
    const made = new FormData();
    made.append("file", item.found.file, item.found.name);
    return made;
  };
  const onBytes = (sent, all) => item.show(sent < all ? "sending" : "queued", { share: all ? 0.3 * (sent / all) : 0 });
  try {
    const begun = await send(`/brands/${texts.brand}/imports?${query}`, form, { ...options, onBytes, texts });
    await watchImport(begun, item, { filled, texts, signal: options.signal });
  } catch (failure) {
    give([item], failure);
  }
}

/** Say what became of files that were not answered; go on with others only where that can work. */
function give(batch, failure) {
  const told = failure instanceof Failure ? failure : failure.problem ?? { detail: texts.connection, remedy: texts.connectionFix };
  for (const item of batch) {
    if (failure instanceof Stopped) item.show("stopped", { share: 0 });
    else item.fail(told);
  }
  if (failure instanceof Failure && [0, 401, 403, 404].includes(failure.status)) running.abort();
}

async function inTurn(work, list, atOnce) {
  const rest = [...list];
  const worker = async () => { while (rest.length && !running.signal.aborted) await work(rest.shift()); };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function run(some) {
  running = new AbortController();
  const options = {
    signal: running.signal,
    onPause: (seconds) => { part("told").textContent = filled(texts.waits, { seconds }); },
    pictures: { role: part("role").value, rights: part("rights").value, product_id: part("product_id").value.trim() },
    tables: { format: part("format").value, dry_run: part("dry-run").checked, mode: part("replace").checked ? "replace" : "delta" },
  };
  for (const item of some) { item.failure = undefined; item.show("waiting", { share: 0 }); }
  part("told").textContent = "";
  part("stop").hidden = false;
  for (const id of CHOOSERS) part(id).disabled = true;
  for (const id of ["again", "see", "check"]) part(id).hidden = true;
  const ofKind = (kind) => some.filter((item) => item.kind === kind);
  const byFound = new Map(some.map((item) => [item.found, item]));
  const groups = batches(ofKind("pictures").map((item) => item.found)).map((batch) => batch.map((found) => byFound.get(found)));
  await inTurn((batch) => sendPictures(batch, options), groups, AT_ONCE);
  await inTurn((item) => sendTable(item, options), [...ofKind("zips"), ...ofKind("tables")], 1);
  for (const item of some) if (!item.isOver) item.show("stopped", { share: 0 });
  const wasStopped = some.some((item) => item.state === "stopped");
  running = null;
  changed();
  const numFailed = items.filter((item) => item.state !== "done").length;
  part("told").textContent = wasStopped ? texts.halted : numFailed ? filled(texts.finishedBadly, { number: numFailed }) : texts.finished;
  part("stop").hidden = true;
  for (const id of CHOOSERS) part(id).disabled = false;
  part("again").hidden = !numFailed;
  part("see").hidden = part("check").hidden = false;
  document.body.dispatchEvent(new Event("catalogue-changed"));
}

let isPainted = false;
/** Bring what sums up the list up to date, once a frame. */
function changed() {
  if (isPainted) return;
  isPainted = true;
  requestAnimationFrame(() => {
    isPainted = false;
    const done = items.filter((item) => item.isOver).length;
    part("whole").value = items.length ? items.reduce((sum, item) => sum + (item.isOver ? 1 : item.share), 0) / items.length : 0;
    part("sum").textContent = filled(texts.total, { done, total: items.length });
    const failed = items.filter((item) => item.failure);
    part("refused").hidden = !failed.length;
    part("refused-rows").replaceChildren(...failed.map((item) => {
      const row = part("refused-row").content.cloneNode(true).firstElementChild;
      const values = { name: item.found.path, detail: item.failure.detail, remedy: item.failure.remedy };
      for (const [name, value] of Object.entries(values)) row.querySelector(`[data-part=${name}]`).textContent = value ?? "";
      return row;
    }));
  });
}

function start() {
  const kinds = sorted(chosen.values());
  if (part("dry-run").checked) kinds.pictures = [];
  const made = ["pictures", "zips", "tables"].flatMap((kind) => kinds[kind].map((found) => new Item(found, kind)));
  if (!made.length) return;
  items = made;
  chosen = new Map();
  part("plan").hidden = true;
  part("progress").hidden = false;
  part("tables").replaceChildren();
  part("files-rows").replaceChildren(...items.map((item) => item.row));
  part("progress-title").focus();
  run(items);
}

function listen() {
  const drop = part("drop");
  const isOfFiles = (event) => event.dataTransfer?.types.includes("Files");
  // Anywhere on the page: missing the area would open the file in place of the page.
  document.addEventListener("dragover", (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", async (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    if (!running) choose(await filesOfDrop(event.dataTransfer));
  });
  for (const id of ["files", "folder"]) {
    part(`choose-${id}`).addEventListener("click", () => part(id).click());
    part(id).addEventListener("change", () => { choose(filesOfInput(part(id))); part(id).value = ""; });
  }
  part("plan").addEventListener("submit", (event) => { event.preventDefault(); start(); });
  part("clear").addEventListener("click", () => { chosen = new Map(); part("plan").hidden = true; part("choose-files").focus(); });
  part("stop").addEventListener("click", () => running?.abort());
  part("again").addEventListener("click", () => run(items.filter((item) => item.state !== "done")));
  window.addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
}

if (root) listen();
