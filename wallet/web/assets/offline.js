// Without a network: the number that the member keeps on this device.
const place = document.querySelector("[data-offline]");
if (place && "caches" in window) {
  const kept = await caches.match("/kept-number", { cacheName: "kept-1" });
  if (kept) {
    const { number, office, picture } = await kept.json();
    place.querySelector(".digits").textContent = number;
    place.querySelector("[data-office]").textContent = office;
    const image = place.querySelector("img");
    if (picture.startsWith("data:image/svg+xml,")) image.src = picture;
    else image.remove();
    place.hidden = false;
  }
}
const goOn = () => location.assign("/");
addEventListener("online", goOn);
// Not every browser says that the network is back, and a network that is there may not lead to the wallet.
const look = async () => {
  try {
    if ((await fetch("/healthz", { cache: "no-store" })).ok) return goOn();
  } catch {
    // Still without.
  }
  setTimeout(look, 10000);
};
setTimeout(look, 10000);
