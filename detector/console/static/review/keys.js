// Keys, declared in HTML: what has data-key is pressed, or focused, by that key.
// data-key-label says what it does, where its text does not.

import { isTyping } from "/static/console.js";

const STORE = "detector.keys";
const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
const keyed = (root) => [...root.querySelectorAll("[data-key]")];

/** Read which keys were changed: key as shipped → key as wanted. */
function changed() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) || {};
  } catch {
    return {};
  }
}

/** Put the viewer's own keys on a page. */
function remap(root) {
  const own = changed();
  for (const element of keyed(root)) {
    element.dataset.shippedKey ||= element.dataset.key;
    element.dataset.key = own[element.dataset.shippedKey] || element.dataset.shippedKey;
    const cap = element.querySelector("kbd") || (element.matches("input") && element.parentElement.querySelector("kbd"));
    if (cap) cap.textContent = element.dataset.key;
  }
}

function use(element) {
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox])")) {
    element.focus();
    return;
  }
  const details = element.matches("summary") && element.parentElement;
  if (details?.open) {
    details.querySelector("input:checked, input[type=radio], textarea, button")?.focus();
    return;
  }
  if (element.matches("input, summary")) element.focus();
  element.click();
}

/** Go up or down the rows of a list. */
function move(step) {
  const rows = [...document.querySelectorAll("[data-rows] :is(th a, input[type=checkbox])")].filter(shown);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
  return rows.length > 0;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && isTyping(event)) event.target.blur();
  if (isTyping(event) || document.querySelector("dialog[open]")) return;
  const found = keyed(document).find((each) => each.dataset.key === event.key && shown(each));
  if (found) {
    event.preventDefault();
    if (!event.repeat) use(found);
  } else if ((event.key === "j" && move(1)) || (event.key === "k" && move(-1))) {
    event.preventDefault();
  }
});

function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const text = (element.matches("input") ? element.parentElement : element).cloneNode(true);
  for (const cap of text.querySelectorAll("kbd")) cap.remove();
  return text.textContent.trim();
}

const isNumbered = (element) => element.type === "radio" && /^\d$/.test(element.dataset.shippedKey);

function plainRow(key, label) {
  const line = document.createElement("tr");
  line.append(document.createElement("td"), document.createElement("td"));
  line.children[0].append(Object.assign(document.createElement("kbd"), { textContent: key }));
  line.children[1].textContent = label;
  return line;
}

function row(element, dialog) {
  const line = plainRow("", labelOf(element));
  const label = line.children[1].textContent;
  const input = document.createElement("input");
  Object.assign(input, { className: "one-key", value: element.dataset.key, maxLength: 1, disabled: element.dataset.key.length > 1 });
  input.setAttribute("aria-label", dialog.dataset.anew.replace("%s", label));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("change", () => {
    const others = keyed(document).filter((each) => each.dataset.shippedKey !== element.dataset.shippedKey);
    const isTaken = others.some((each) => each.dataset.key === input.value);
    input.setCustomValidity(isTaken ? dialog.dataset.taken.replace("%s", input.value) : "");
    if (!input.reportValidity() || !input.value.trim()) return;
    localStorage.setItem(STORE, JSON.stringify({ ...changed(), [element.dataset.shippedKey]: input.value }));
    remap(document);
  });
  line.children[0].replaceChildren(input);
  return line;
}

/** List the keys that work on the page as it is. */
function list(dialog) {
  const names = new Set();
  const rows = [];
  for (const element of keyed(document)) {
    const name = isNumbered(element) ? "1–9" : element.dataset.shippedKey;
    if (names.has(name) || element.closest("[hidden]")) continue;
    names.add(name);
    rows.push(isNumbered(element) ? plainRow(name, dialog.dataset.reasons) : row(element, dialog));
  }
  dialog.querySelector("tbody").replaceChildren(...rows);
}

export function init(root) {
  remap(root);
  const dialog = root.querySelector("#keys");
  if (!dialog) return;
  root.querySelector("#show-keys").addEventListener("click", () => {
    list(dialog);
    dialog.showModal();
    dialog.querySelector("[data-close]").focus();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.querySelector("[data-reset]").addEventListener("click", () => {
    localStorage.removeItem(STORE);
    remap(document);
    list(dialog);
  });
}

init(document);
document.addEventListener("page-shown", (event) => init(event.detail.root));
