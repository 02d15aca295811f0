// The bulk page: counts what is ticked, and shows the reasons of what is chosen.

import "/static/review/keys.js";
import { init as chooseRights } from "/static/review/rights.js";

const form = document.getElementById("bulk");
const boxes = [...form.querySelectorAll("input[name=keep]")];
const count = form.querySelector("[data-count]");

function show() {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-kind]")) {
    part.hidden = part.dataset.kind !== kind;
    for (const radio of part.querySelectorAll("input")) {
      radio.disabled = part.hidden;
      if (part.hidden) radio.checked = false;
    }
  }
  form.elements.right_id.closest(".field").hidden = kind !== "restrict";
  if (kind !== "restrict") form.elements.right_id.value = "";
  count.textContent = boxes.filter((each) => each.checked).length;
}

form.addEventListener("change", show);
for (const button of form.querySelectorAll("[data-tick]")) {
  button.addEventListener("click", () => {
    for (const box of boxes) box.checked = button.dataset.tick === "all";
    show();
  });
}
chooseRights(form);
show();
