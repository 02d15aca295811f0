// Watches an import until it ends, and shows what was wrong with its rows.

import { api } from "/static/console.js";
import { pause, Stopped } from "./sending.js";

const OPEN = ["queued", "running"];
const MOST_PROBLEMS = 50;
const FIRST_S = 0.3;
const LONGEST_S = 2;
const MAX_MISSES = 10;

const part = (id) => document.getElementById(id);

/**
 * Follow an import that has begun; the file's row tells how far it has come.
 * @param {object} begun as the API shows it
 * @param {Item} item
 */
export async function watchImport(begun, item, { filled, texts, signal }) {
  const place = `/brands/${texts.brand}/imports/${begun.id}`;
  const section = part("table-part").content.cloneNode(true).firstElementChild;
  const of = (name) => section.querySelector(`[data-part=${name}]`);
  of("name").textContent = item.found.path;
  of("page").href = `/imports/${texts.brand}/${begun.id}`;
  of("csv").href = `/v1${place}/problems.csv`;
  const cancel = () => api("POST", `${place}/cancel`).catch(() => { /* it has ended meanwhile */ });
  of("cancel").addEventListener("click", cancel);
  item.section?.remove(); // of an earlier try
  item.section = section;
  part("tables").append(section);
  const tell = (state, text, share) => { item.show(state, { text, share }); of("state").textContent = text; };

  let shown = begun;
  let misses = 0;
  let seconds = FIRST_S;
  while (OPEN.includes(shown.state)) {
    if (shown.state === "queued") tell("queued", texts.queued, 0.3);
    else {
      const total = shown.num_rows_total ?? 0;
      tell("running", filled(texts.running, { done: shown.num_rows, total: total || "…" }), 0.3 + (total ? 0.7 * (shown.num_rows / total) : 0));
    }
    try {
      await pause(seconds, signal);
      shown = await api("GET", place);
      misses = 0;
    } catch (failure) {
      if (failure instanceof Stopped) await cancel();
      else if (++misses <= MAX_MISSES) continue;
      // Where nobody can be asked, the import goes on without us: its page tells the rest.
      of("cancel").hidden = true;
      of("wrong").hidden = false;
      throw failure;
    }
    seconds = Math.min(seconds * 1.3, LONGEST_S);
  }
  of("cancel").hidden = true;
  of("counts").textContent = countsText(shown.counts);
  const { items: problems } = shown.num_problems ? await api("GET", `${place}/problems?limit=${MOST_PROBLEMS}`) : { items: [] };
  of("rows").replaceChildren(...problems.map(problemRow));
  of("wrong").hidden = !problems.length;
  if (shown.state === "failed") {
    item.fail({ detail: shown.error, remedy: texts.importFix });
    of("state").textContent = texts.failed;
  } else if (shown.state === "canceled") tell("stopped", texts.stopped, 0);
  else {
    const end = shown.dry_run ? texts.checked : texts.done;
    tell("done", shown.num_problems ? `${end}. ${filled(texts.problems, { number: shown.num_problems })}` : end, 1);
  }
}

function countsText(counts) {
  const names = new Map([...part("count-names").querySelectorAll("dt")].map((name) => [name.textContent, name.nextElementSibling.textContent]));
  return Object.entries(counts).filter(([, count]) => count).map(([name, count]) => `${(names.get(name) ?? name).trim()}: ${count}`).join(" · ");
}

function problemRow(problem) {
  const row = part("problem-row").content.cloneNode(true).firstElementChild;
  for (const name of ["row", "column", "message", "remedy"]) row.querySelector(`[data-part=${name}]`).textContent = problem[name] ?? "–";
  const severity = row.querySelector("[data-part=severity]");
  severity.textContent = severity.dataset[problem.severity].trim();
  severity.classList.add(problem.severity === "error" ? "match" : "review");
  return row;
}
