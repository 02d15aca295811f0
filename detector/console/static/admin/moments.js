// Date and time fields in the viewer's zone; forms send them with it, as UTC.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Write a moment as a field of date and time has it, in the viewer's zone. */
function local(date) {
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

for (const input of document.querySelectorAll("input[type=datetime-local]")) {
  if (input.value) input.value = local(new Date(`${input.value}Z`));
  input.labels[0].querySelector("[data-zone]").textContent = `(${zone})`;
  input.form.addEventListener("formdata", ({ formData }) => {
    if (input.value) formData.set(input.name, new Date(input.value).toISOString());
  });
}
