// Copies a secret that is shown once.

import { tell } from "/static/console.js";

const secret = document.getElementById("secret");
const copy = document.getElementById("copy");

secret.addEventListener("focus", () => secret.select());
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(secret.value);
    tell(copy.dataset.done);
  });
}
