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

if ("geolocation" in navigator) document.querySelectorAll("[data-position]").forEach(offer);
