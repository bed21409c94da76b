// At a device that is not the member's no page stands on when its session has ended: five minutes after the last use, or a little
// before, it leads away. Whoever is still there is told in time and stays by one touch.
const banner = document.querySelector("[data-ends]");
const [said, stay] = [banner.querySelector("[data-said]"), banner.querySelector("[data-stay]")];
const ENDS = 300_000;
const WARNS = 120_000;
let used = Date.now();

const away = () => location.replace("/unlock");
const show = (isSoon) => {
  if (stay.hidden !== isSoon) return;
  stay.hidden = !isSoon;
  said.textContent = isSoon ? banner.dataset.soon : "";
};

// By the clock on the wall: a device that slept has waited, too.
const look = () => {
  const left = used + ENDS - Date.now();
  if (left <= 0) return away();
  show(left <= WARNS);
};
setInterval(look, 1000);
document.addEventListener("visibilitychange", look);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) away();
});

stay.addEventListener("click", async () => {
  try {
    const answer = await fetch("/", { method: "HEAD", cache: "no-store", redirect: "manual" });
    if (!answer.ok) return away();
    used = Date.now();
    show(false);
    banner.querySelector("form button").focus();
  } catch {
    // Without a network it ends by itself.
  }
});
