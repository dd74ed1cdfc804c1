// Makes a form in which somebody searches alive: it suggests, and offers the browser's position.

// Offers to fill a form's field "near" with the browser's position: asked for on a click alone,
// rounded to two decimals of a degree (about a kilometre), sent with the form and kept nowhere.
const PATIENCE = { timeout: 15000, maximumAge: 300000 };

const offer = (part) => {
  const field = document.getElementById(part.dataset.position);
  const message = document.getElementById(`${field.id}-message`);
  const button = part.querySelector("button");
  const words = part.dataset;

  const found = ({ coords }) => {
    field.disabled = false;
    field.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
    // Nobody looks for a name when she asks what is near.
    const name = field.type === "hidden" && field.form.elements.q;
    if (name) name.disabled = true;
    field.form.submit();
  };
  const failed = ({ code }) => {
    button.disabled = false;
    message.textContent = [words.unavailable, words.denied, words.unavailable, words.timeout][code];
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    message.textContent = words.waiting;
    navigator.geolocation.getCurrentPosition(found, failed, PATIENCE);
  });
  part.hidden = false;
};

// Suggests while somebody types: makes a search field an ARIA combobox with a list below it. The
// field works as before without it; an answer that does not come is passed over.
const PAUSE = 200; // milliseconds without a key before the registry is asked

const suggestFor = (field, number) => {
  const list = document.createElement("ul");
  list.id = `suggestions-${number}`;
  list.className = "suggest-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.labels[0]?.textContent.trim() ?? "");
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  field.parentElement.classList.add("suggest-box");
  field.after(list);
  list.after(said);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": list.id,
  })) field.setAttribute(name, value);

  let waiting, asking, chosen = -1;

  const close = () => {
    clearTimeout(waiting);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    said.textContent = "";
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const point = (index) => {
    chosen = index;
    [...list.children].forEach((option, each) => {
      option.setAttribute("aria-selected", String(each === index));
    });
    if (index < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    if (field.dataset.suggestKind === "town") {
      field.value = option.dataset.text;
      close();
      field.focus();
    } else {
      location.assign(option.dataset.url);
    }
  };
  const show = ({ suggestions, said: words }) => {
    list.replaceChildren(...suggestions.map(({ text, detail, url }, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      Object.assign(option.dataset, { text, url });
      const small = document.createElement("span");
      small.className = "hint";
      small.textContent = detail;
      option.append(text, " ", small);
      return option;
    }));
    point(-1);
    list.hidden = !suggestions.length;
    // Right below the field, wherever its form has put it.
    list.style.insetBlockStart = `${field.offsetTop + field.offsetHeight}px`;
    field.setAttribute("aria-expanded", String(!list.hidden));
    said.textContent = words;
  };
  const ask = async () => {
    asking?.abort();
    const mine = asking = new AbortController();
    const query = new URLSearchParams({ q: field.value });
    if (field.dataset.suggestKind) query.set("kind", field.dataset.suggestKind);
    try {
      const answer = await fetch(`${field.dataset.suggest}?${query}`, { signal: mine.signal });
      if (answer.ok) show(await answer.json());
    } catch {
      // Nothing is lost: the form still searches.
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!field.value.trim()) return close();
    waiting = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(list.children[chosen]);
    } else if (!list.hidden && event.key === "ArrowDown") {
      event.preventDefault();
      point(chosen < last ? chosen + 1 : 0);
    } else if (!list.hidden && event.key === "ArrowUp") {
      event.preventDefault();
      point(chosen > 0 ? chosen - 1 : last);
    }
  });
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
};

export default (form) => {
  form.querySelectorAll("[data-suggest]").forEach(suggestFor);
  if ("geolocation" in navigator) form.querySelectorAll("[data-position]").forEach(offer);
};
