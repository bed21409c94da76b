// Shows the buttons that copy what stands somewhere on the page, and hand it on where the device can (without script they stay
// hidden), and makes them work.
const textOf = (place) => (place.value ?? place.textContent).trim();
const select = (place) => (place.select ? place.select() : getSelection().selectAllChildren(place));
// Without TLS a browser has no clipboard for pages, and copies what is selected all the same.
const copy = async (place) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(textOf(place));
  select(place);
  if (!document.execCommand("copy")) throw new Error("not copied");
};

// What does not fit its field is selected whole.
for (const place of document.querySelectorAll(".link-row input[readonly]")) place.addEventListener("focus", () => select(place));

for (const button of document.querySelectorAll("[data-copy]")) {
  const place = document.getElementById(button.dataset.copy);
  if (!place) continue;
  const label = button.textContent;
  const name = button.getAttribute("aria-label");
  // What is read aloud says what is seen.
  const say = (text, spoken) => {
    button.textContent = text;
    if (name) button.setAttribute("aria-label", spoken);
  };
  const said = button.parentElement.parentElement.querySelector("[data-copied-said]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(place);
      say(button.dataset.done, button.dataset.done);
      if (said) said.textContent = button.dataset.done;
      setTimeout(() => {
        say(label, name);
        if (said) said.textContent = "";
      }, 2000);
    } catch {
      select(place);
    }
  });
}

for (const button of document.querySelectorAll("[data-hand-on]")) {
  const place = document.getElementById(button.dataset.handOn);
  const shared = place && { title: button.dataset.title, text: textOf(place) };
  if (!shared || !navigator.share || navigator.canShare?.(shared) === false) continue;
  button.hidden = false;
  // Who thinks better of it has done nothing wrong.
  button.addEventListener("click", () => navigator.share(shared).catch(() => {}));
}
