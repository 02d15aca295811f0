"use strict";

const KEY = "detector-key";
const VERDICTS = {
  match: ["Likely copy", "At least one genuine picture is very much alike. Look at it, then decide."],
  review: ["Worth a look", "Something is alike, and not enough to be sure. Look at it, then decide."],
  no_match: ["No match", "No genuine picture is alike enough to be worth a look."],
};
const RELATIONS = {
  same_photo: "the same photo",
  edited_photo: "the same photo, edited",
  same_product: "another photo of the same product",
  lookalike: "looks alike",
};
const byId = (id) => document.getElementById(id);
const percent = (share) => `${Math.round(100 * share)} %`;
let chosen = null;

function element(name, options = {}, ...children) {
  const made = document.createElement(name);
  const { attributes = {}, ...properties } = options;
  Object.assign(made, properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function choose(file) {
  if (!file) return;
  chosen = file;
  byId("drop").classList.add("chosen");
  byId("drop-title").textContent = file.name || "Pasted picture";
  byId("drop-help").textContent = `${Math.max(1, Math.round(file.size / 1000)).toLocaleString("en")} kB. Choose another one any time.`;
  const preview = byId("preview");
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.onerror = () => { preview.hidden = true; };
  preview.hidden = false;
  preview.src = URL.createObjectURL(file);
}

function notice(kind, title, text) {
  return element("div", { className: `verdict ${kind}` }, element("h2", { textContent: title }), element("p", { textContent: text }));
}

function fact(name, value, ...more) {
  return element("div", {}, element("dt", { textContent: name }), element("dd", {}, value, ...more));
}

function card(match, picture) {
  const likeness = RELATIONS[match.relation] + (match.mirrored ? ", mirrored" : "");
  const filled = element("span");
  filled.style.width = `${100 * match.similarity}%`;
  const bar = element("span", { className: "bar", attributes: { "aria-hidden": "true" } }, filled);
  const facts = element("dl", { className: "facts" },
    fact("Similarity", match.similarity.toFixed(3), bar),
    fact("Genuine picture shown", percent(match.reference_overlap)),
    fact("This picture covered", percent(match.query_overlap)),
    fact("Agreeing points", String(match.num_inliers)));
  if (match.likelihood !== null) facts.append(fact("Likelihood that a reviewer confirms", percent(match.likelihood)));
  const made = element("article", { className: "card" },
    element("header", {},
      element("div", {},
        element("h3", { textContent: match.external_id }),
        element("p", { className: "who", textContent: match.brand + (match.product_id ? `, product ${match.product_id}` : "") })),
      element("span", { className: "tag", textContent: likeness })),
    facts);
  if (picture) {
    const alt = `Evidence: this picture and the genuine one (${match.external_id}), the matched part outlined on both, one laid onto the other, and what differs. ${likeness}, similarity ${match.similarity.toFixed(2)}.`;
    made.append(element("figure", {},
      element("a", { href: picture, download: "evidence.png", title: "Save this picture" }, element("img", { src: picture, alt })),
      element("figcaption", { textContent: "Pink: structure differs. Orange: only the color differs." })));
  }
  return made;
}

function others(matches) {
  const cells = (match) => [match.external_id, match.similarity.toFixed(3), match.brand, RELATIONS[match.relation]];
  const row = (name, values) => element("tr", {}, ...values.map((value, column) =>
    element(name, { textContent: value, className: column === 1 ? "number" : "", ...(name === "th" ? { scope: "col" } : {}) })));
  return element("section", { className: "card" },
    element("h2", { textContent: "Weaker candidates" }),
    element("div", { className: "scroll", tabIndex: 0, attributes: { role: "region", "aria-label": "Weaker candidates" } },
      element("table", {},
        element("thead", {}, row("th", ["Genuine picture", "Similarity", "Brand", "Likeness"])),
        element("tbody", {}, ...matches.map((match) => row("td", cells(match)))))));
}

function show(answer) {
  const [title, text] = VERDICTS[answer.verdict];
  const { models, policy, watermark } = answer.basis;
  const drawn = new Map(answer.evidence.map((each) => [each.reference_id, each.image]));
  const worth = answer.matches.filter((match) => match.similarity >= policy.review_threshold);
  const weak = answer.matches.filter((match) => match.similarity < policy.review_threshold);
  const parts = [notice(answer.verdict, title, text), ...worth.map((match) => card(match, drawn.get(match.reference_id)))];
  if (weak.length) parts.push(others(weak));
  const names = models.map((model) => `${model.model} (${model.weights_hash.slice(0, 8)})`).join(", ");
  parts.push(element("p", { className: "basis", textContent:
    `Computed with ${names}, scoring ${policy.version} (match from ${policy.match_threshold.toFixed(2)}, review from ` +
    `${policy.review_threshold.toFixed(2)}), catalogue as of change ${watermark}. SHA-256 ${answer.sha256.slice(0, 16)}…` }));
  byId("result").replaceChildren(...parts);
}

async function compare() {
  const key = byId("key").value.trim();
  const result = byId("result");
  if (!key) {
    result.replaceChildren(notice("problem", "An API key is missing", "Paste yours above."));
    byId("key").focus();
    return;
  }
  if (!chosen) {
    result.replaceChildren(notice("problem", "No picture yet", "Choose one, or drop it on the page."));
    byId("file").focus();
    return;
  }
  sessionStorage.setItem(KEY, key);
  byId("go").disabled = true;
  byId("go").textContent = "Comparing…";
  try {
    const response = await fetch("/v1/match?evidence=true", {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/octet-stream" },
      body: chosen,
      credentials: "omit",
    });
    const answer = await response.json();
    if (response.ok) show(answer);
    else result.replaceChildren(notice("problem", answer.detail, `${answer.remedy} (${answer.code}, request ${answer.request_id})`));
  } catch (error) {
    result.replaceChildren(notice("problem", "The service could not be reached", String(error.message || error)));
  } finally {
    byId("go").disabled = false;
    byId("go").textContent = "Compare with the catalogue";
    result.focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
  }
}

async function tellState() {
  const state = byId("state");
  try {
    const response = await fetch("/readyz");
    const answer = await response.json();
    const plural = answer.references === 1 ? "" : "s";
    state.textContent = response.ok ? `${answer.references.toLocaleString("en")} genuine picture${plural} in the catalogue` : answer.detail;
    if (!response.ok) setTimeout(tellState, 2000);
  } catch {
    state.textContent = "The service does not answer";
    setTimeout(tellState, 5000);
  }
}

byId("key").value = sessionStorage.getItem(KEY) || "";
byId("forget").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  byId("key").value = "";
  byId("key").focus();
});
byId("file").addEventListener("change", (event) => choose(event.target.files[0]));
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  compare();
});
document.addEventListener("paste", (event) => choose(event.clipboardData.files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") choose(event.dataTransfer.files[0]);
  });
}
tellState();
