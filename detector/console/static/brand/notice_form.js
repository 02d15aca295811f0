// The form to give notice with: counts the listings, and takes them from a file.

const MOST = 300;
const box = document.getElementById("listings");
const count = document.getElementById("listings-count");
const file = document.getElementById("file");

function showCount() {
  const num = box.value.split("\n").filter((line) => line.trim() && !/^\W*listing_id\b/i.test(line)).length;
  const text = num > MOST ? box.dataset.tooMany : box.dataset.count;
  count.textContent = num ? text.replace("{num}", num) : "";
  count.classList.toggle("lacks", num > MOST);
}

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  const kept = box.value.trim();
  box.value = (kept ? `${kept}\n` : "") + (await chosen.text()).replace(/^\uFEFF/, "").trim();
  file.value = "";
  showCount();
});
// Whoever clicks twice gives notice once.
let isSent = false;
box.form.addEventListener("submit", (event) => {
  if (isSent) event.preventDefault();
  isSent = true;
});
addEventListener("pageshow", () => { isSent = false; });
box.addEventListener("input", showCount);
document.getElementById("listings-file").hidden = false;
showCount();
