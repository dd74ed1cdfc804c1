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
