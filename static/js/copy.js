// A button that copies an address. It comes hidden: without this module the address is there as text.
export default (part) => {
  const button = part.querySelector("[data-copy]");
  if (!navigator.clipboard) return;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 2500);
  });
};
