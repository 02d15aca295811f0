// What asks again by itself goes on asking while the service cannot answer.

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr } = event.detail;
  if (xhr.status >= 400 && elt.hasAttribute("data-polls")) event.detail.shouldSwap = false;
});
