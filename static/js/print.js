// A button that prints the page; without JavaScript it is not there, and the browser's own is used.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
