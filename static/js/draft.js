// Keeps the words of a form on this device while somebody writes, and offers them when she is back.
//
// <form data-draft="name" data-keep="fields to keep"> holds what is shown: .draft-offer with a
// sentence (data-words, {day} in it) and buttons "on" and "forget", .draft-kept with one of "forget".
// Files, addresses, names and leave given are not kept.
const PAUSE = 400;

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

export default (form) => {
  const name = `draft-${form.dataset.draft}`;
  const keep = form.dataset.keep.split(" ");
  const offer = form.querySelector(".draft-offer");
  const kept = form.querySelector(".draft-kept");
  try {
    localStorage.setItem(`${name}-try`, "");
    localStorage.removeItem(`${name}-try`);
  } catch {
    return; // The browser keeps nothing: then nothing is promised.
  }
  const words = () => Object.fromEntries(keep.map((field) => [field, form.elements[field].value]));
  const written = (values) => Boolean(values && (values.text || values.title));

  let waiting, isNew = false, isOff = false;
  const save = () => {
    clearTimeout(waiting);
    // What is offered is not written over before she has chosen.
    if (!isNew || isOff || !offer.hidden) return;
    isNew = false;
    const values = words();
    if (!written(values)) return localStorage.removeItem(name);
    try {
      localStorage.setItem(name, JSON.stringify({ on: Date.now(), values }));
    } catch {
      // No room left: she writes on without it.
    }
  };
  const forget = () => {
    clearTimeout(waiting);
    localStorage.removeItem(name);
    offer.hidden = true;
    form.elements.text.focus();
  };

  const before = read(name);
  if (written(before?.values) && !written(words())) {
    const sentence = offer.querySelector("[data-words]");
    const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" });
    sentence.textContent = sentence.dataset.words.replace("{day}", day.format(before.on));
    offer.hidden = false;
    offer.querySelector("[value=on]").addEventListener("click", () => {
      for (const [field, value] of Object.entries(before.values)) {
        if (keep.includes(field) && form.elements[field]) form.elements[field].value = value;
      }
      offer.hidden = true;
      form.elements.text.focus();
    });
    offer.querySelector("[value=forget]").addEventListener("click", forget);
  }
  kept.hidden = false;
  kept.querySelector("[value=forget]").addEventListener("click", () => {
    isOff = true;
    kept.hidden = true;
    forget();
  });

  form.addEventListener("input", (event) => {
    if (!keep.includes(event.target.name)) return;
    // Whoever writes anew has chosen.
    if (event.target.name === "text" && event.target.value.length > 20) offer.hidden = true;
    isNew = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  });
  addEventListener("pagehide", save);

  // Twice pressed is sent once; who comes back to the page may send again.
  let isSent = false;
  form.addEventListener("submit", (event) => {
    isNew = true;
    save();
    if (isSent) event.preventDefault();
    isSent = true;
  });
  addEventListener("pageshow", () => { isSent = false; });
};
