// The right that fits a reason is chosen with it; whoever knows better chooses another.

export function init(root) {
  for (const radio of root.querySelectorAll("input[name=reason_code]")) {
    radio.addEventListener("change", () => {
      const select = radio.form.elements.right_id;
      if (!select || !radio.checked) return;
      const options = [...select.options];
      const fits = options.find((each) => each.dataset.type === radio.dataset.right);
      select.value = (fits || options[0]).value;
    });
  }
}
