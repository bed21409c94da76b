// The screen at a door: fetches its own page every eight seconds and shows the code that it has. A code that may be over is taken away
// rather than shown: whoever scans it would stand before a closed door.
const place = document.querySelector("[data-door]");
if (place) {
  const every = 8000;
  const good = 20000;
  const code = place.querySelector("[data-door-code]");
  const message = place.querySelector("[data-door-message]");
  let fresh = Date.now();
  place.querySelector("[data-door-again]").hidden = true;

  const show = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: { accept: "text/html" } });
      // The screen has ended: its page says so.
      if (answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error("no code");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("[data-door-code]");
      if (!next) throw new Error("no code");
      code.replaceChildren(...document.importNode(next, true).childNodes);
      code.hidden = false;
      fresh = Date.now();
      if (message.textContent !== "") message.textContent = "";
    } catch {
      if (Date.now() - fresh > good) {
        code.hidden = true;
        if (message.textContent !== place.dataset.lost) message.textContent = place.dataset.lost;
      }
    }
    setTimeout(show, every);
  };
  setTimeout(show, every);
}
