// Gives the admin's fields the names that they come without: search-and-choose boxes those of
// their labels, and fields in tables those of their columns.
const heading = (field) => {
  const name = field.closest("td[class*='field-']")?.className.match(/field-(\w+)/)?.[1];
  return name && field.closest("table")?.querySelector(`th.column-${name}`)?.textContent.trim();
};

const nameFields = () => {
  for (const field of document.querySelectorAll(".tabular td :is(input, select, textarea)")) {
    if (!field.labels?.length && !field.hasAttribute("aria-label") && heading(field)) {
      field.setAttribute("aria-label", heading(field));
    }
  }
  for (const box of document.querySelectorAll(".select2-container:not([data-named])")) {
    const select = box.previousElementSibling;
    const name = select?.labels?.[0]?.textContent.trim() || select?.ariaLabel;
    if (!name) continue;
    box.dataset.named = "yes";
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox], input")) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }
};

// The boxes are made one after another, some only when a row is added.
let waiting;
new MutationObserver(() => {
  clearTimeout(waiting);
  waiting = setTimeout(nameFields, 50);
}).observe(document.body, { childList: true, subtree: true });
nameFields();
