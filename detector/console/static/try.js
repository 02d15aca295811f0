// Holds a picture against the catalogue as soon as it is dropped, chosen or pasted.
import { api } from "/static/console.js";

const SHARES = new Set(["reference_overlap", "query_overlap", "likelihood"]);
const byId = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, { style: "percent" });
const score = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
let newest = 0;

function words(id) {
  return byId(id).content.textContent;
}

/** Copy a template and fill its slots; what has no value is taken out. */
function filled(id, values = {}) {
  const made = byId(id).content.firstElementChild.cloneNode(true);
  for (const slot of made.querySelectorAll("[data-slot]")) slot.textContent = values[slot.dataset.slot] ?? "";
  for (const slot of made.querySelectorAll("[data-slot-src]")) slot.src = values[slot.dataset.slotSrc] ?? "";
  for (const slot of made.querySelectorAll("[data-slot-href]")) slot.href = values[slot.dataset.slotHref] ?? "";
  for (const part of made.querySelectorAll("[data-if]")) if (!values[part.dataset.if]) part.remove();
  return made;
}

function written(match, evidence) {
  const values = { ...match, evidence, relation: words(match.relation), similarity: score.format(match.similarity) };
  for (const name of SHARES) if (match[name] !== null) values[name] = percent.format(match[name]);
  return values;
}

function card(match, evidence) {
  const made = filled("card", written(match, evidence));
  made.querySelector("meter").value = match.similarity;
  return made;
}

function weaker(matches) {
  const made = filled("weaker");
  made.querySelector("tbody").append(...matches.map((match) => filled("row", written(match)).rows[0]));
  return made;
}

function basis({ models, policy, watermark }, sha256) {
  const names = models.map((model) => `${model.model} (${model.weights_hash.slice(0, 8)})`).join(", ");
  return filled("basis", { ...policy, watermark, sha256, models: names });
}

function parts(answer) {
  const drawn = new Map(answer.evidence.map((each) => [each.reference_id, each.image]));
  const threshold = answer.basis.policy.review_threshold;
  const weak = answer.matches.filter((match) => match.similarity < threshold);
  return [
    filled(answer.verdict),
    ...answer.matches.filter((match) => match.similarity >= threshold).map((match) => card(match, drawn.get(match.reference_id))),
    ...(weak.length ? [weaker(weak)] : []),
    basis(answer.basis, answer.sha256),
  ];
}

function preview(file) {
  byId("drop").classList.add("chosen");
  byId("drop-title").textContent = file.name || byId("drop-title").dataset.pasted;
  byId("drop-help").textContent = byId("drop-help").dataset.again;
  const shown = byId("preview");
  if (shown.src) URL.revokeObjectURL(shown.src);
  shown.onerror = () => { shown.hidden = true; };
  shown.hidden = false;
  shown.src = URL.createObjectURL(file);
}

async function compare(file) {
  const turn = ++newest;
  const result = byId("result");
  preview(file);
  result.replaceChildren(filled("comparing"));
  let made;
  try {
    // The bytes tell what it is; a file's name may lie.
    made = parts(await api("POST", "/match?evidence=true", new Blob([file], { type: "application/octet-stream" })));
  } catch (error) {
    made = [error.problem ? filled("problem", error.problem) : filled("unreachable")];
  }
  if (turn !== newest) return;
  result.replaceChildren(...made);
  result.focus({ preventScroll: true });
  result.scrollIntoView({ block: "nearest" });
}

function listen() {
  const input = byId("file");
  input.addEventListener("change", () => { if (input.files.length) compare(input.files[0]); });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) compare(event.clipboardData.files[0]);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      byId("drop").classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) compare(event.dataTransfer.files[0]);
    });
  }
}

if (byId("drop")) listen();
