// Tells at once whether what is ticked can be shared; the server says so again when it is sent.
const form = document.querySelector("form[data-check]");
const share = form?.querySelector("[data-share]");

// A page that has just come up is not answered by a click that was meant for what was there before.
const MOMENT = 700;
const guarded = [...document.querySelectorAll("[data-guarded]")];
let armed = 0;
// They keep the focus: a button that is disabled for a moment would lose it.
const arm = () => {
  armed = performance.now() + MOMENT;
  for (const button of guarded) delete button.dataset.ready;
  setTimeout(() => {
    if (performance.now() >= armed) for (const button of guarded) button.dataset.ready = "yes";
  }, MOMENT + 20);
};
arm();
addEventListener("pageshow", arm);
addEventListener("focus", arm);
document.addEventListener("visibilitychange", arm);
document.addEventListener("submit", (event) => {
  if (guarded.includes(event.submitter) && performance.now() < armed) event.preventDefault();
}, true);

if (form) {
  const live = form.querySelector("[data-live]");
  const [problem, shares, links] = ["problem", "shares", "links"].map((name) => live.querySelector(`[data-${name}]`));
  const paragraph = (text) => Object.assign(document.createElement("p"), { className: "hint", textContent: text });
  // Only what is another text is changed: a reader of the screen hears each thing once.
  const say = (place, text) => {
    if (place && place.textContent !== text) place.textContent = text;
  };
  // Which of the presets is chosen; the one that was picked, as long as it is among those that say the same.
  const mark = (picked) => {
    const all = [...form.querySelectorAll("[data-pick]")];
    const now = all.find((one) => one.hasAttribute("aria-current"))?.dataset.pick;
    const chosen = picked.includes(now) ? now : picked[0];
    for (const one of all) {
      if (one.dataset.pick === chosen) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
  };
  const tell = (found) => {
    say(problem, found.problem ?? "");
    say(shares, found.shares ?? "");
    if (links.textContent !== found.links.join("")) links.replaceChildren(...found.links.map(paragraph));
    for (const [field, by] of found.seen) say(document.getElementById(`${field}-by`), by);
    mark(found.picked);
    // It keeps its place in the order of keys, and says what is wrong when it is pressed.
    if (found.problem) share?.setAttribute("aria-disabled", "true");
    else share?.removeAttribute("aria-disabled");
  };
  // What cannot be shared as it stands is said when the page comes, too.
  if (problem?.textContent) share?.setAttribute("aria-disabled", "true");
  let latest = 0;
  const check = async () => {
    const turn = ++latest;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.check, { method: "POST", body, headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error("no answer");
      const found = await answer.json();
      if (turn !== latest) return;
      if (found.gone) return location.reload();
      tell(found);
    } catch {
      // Sent as it is, it is checked all the same.
      share?.removeAttribute("aria-disabled");
      say(problem, "");
    }
  };
  form.addEventListener("change", check);
  // A browser that comes back may have kept what was ticked.
  addEventListener("pageshow", (event) => event.persisted && check());
  form.addEventListener("submit", (event) => {
    if (event.submitter !== share || share?.getAttribute("aria-disabled") !== "true") return;
    event.preventDefault();
    live.focus();
  });
  // Another set of own details: its values take the place of those that are shown, and what is ticked stays ticked.
  const set = form.querySelector("[data-as]");
  form.querySelector("[data-as-look]")?.setAttribute("hidden", "");
  set?.addEventListener("change", async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("answer", "look");
    const shown = form.querySelector("[data-of-set]");
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body, cache: "no-store" });
      if (!answer.ok || answer.redirected) return location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      shown.replaceWith(page.querySelector("[data-of-set]"));
      form.dispatchEvent(new Event("change"));
    } catch {
      location.reload();
    }
  });
  // Enter in a box is no answer.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  // Nobody shares twice by touching twice: what is sent once is answered by the next page.
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);

  // When the question was answered elsewhere, or is another one by now, nothing of it stays on the screen.
  document.addEventListener("passport-changed", async ({ detail }) => {
    if (!detail.has("asked") || form.dataset.sent) return;
    try {
      const answer = await fetch(form.dataset.status, { headers: { accept: "application/json" }, cache: "no-store" });
      const { state } = await answer.json();
      if (state !== form.elements.turn.value) location.assign(location.href);
    } catch {
      // Without a network nobody has answered anything.
    }
  });
}
