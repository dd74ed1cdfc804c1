// Loads what makes a part of a page alive, when that part comes into view and not before.
// An element names its module: <div data-module="…">; the module's default export gets the element.

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) {
      seen.unobserve(target);
      import(target.dataset.module).then((module) => module.default(target));
    }
  }
});

for (const element of document.querySelectorAll("[data-module]")) seen.observe(element);

// The page that says that a story has arrived: what draft.js kept of it on this device is forgotten.
const arrived = location.hash.match(/^#([a-z]+)-arrived$/);
if (arrived && document.querySelector("[data-arrived]")) {
  try {
    localStorage.removeItem(`draft-${arrived[1]}`);
  } catch {
    // Nothing was kept.
  }
  history.replaceState(history.state, "", location.pathname + location.search);
}
