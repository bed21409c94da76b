// Asks the status address of a waiting page every two seconds and goes on when the state has changed:
// to `location` (a path of this host) if the answer names one, otherwise by loading the page again.
const place = document.querySelector("[data-waiting]");
if (place) {
  const message = place.querySelector("[data-message]");
  const said = message.textContent;
  let pause = 2000;

  const follow = (status) => {
    if (!status.location) return location.reload();
    const target = new URL(status.location, location.href);
    if (target.origin === location.origin) location.assign(target);
  };

  const ask = async () => {
    try {
      const answer = await fetch(place.dataset.waiting, { headers: { accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error("no status");
      const status = await answer.json();
      if (status.state !== place.dataset.state) return follow(status);
      pause = 2000;
      if (message.textContent !== said) message.textContent = said;
    } catch {
      pause = Math.min(pause * 2, 30000);
      message.textContent = place.dataset.lost;
    }
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
}
